import { randomBytes, randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { uploadFolder } from "../../src/client/upload.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { CheckOutcome } from "../../src/gen/slipway/v1/host_pb.js";
import { contextOf, mustBuild, type SpecInit, watchToEnd } from "../host/build.js";
import { failure } from "../host/failure.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, type Postgres, startPostgres, tempDir } from "../lab/index.js";
import { startS3 } from "../lab/s3.js";
import { begin, follow, gate, specOf, startMember, untilBegun, untilEvent } from "./team.js";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

async function bucket() {
  const s3 = await startS3();
  onTestFinished(() => s3.stop());
  return `s3://${s3.bucket}/uploads?endpoint=${s3.url}&region=us-east-1`;
}

/** Any, which the server of the lab accepts. */
const env = { AWS_ACCESS_KEY_ID: "lab", AWS_SECRET_ACCESS_KEY: "lab" };

/** Uploads a context with these files to a host; a specification for it. */
async function sent(host: TestHost, files: Record<string, string>): Promise<SpecInit> {
  const { id } = await uploadFolder(host.uploads, await contextOf(files));
  return specOf("", { context: { source: { case: "upload", value: id } }, dockerfile: undefined });
}

it.each([
  ["a folder", async () => join(await tempDir(), "shared")],
  ["an S3 bucket", bucket],
])("uploads in %s are built by any host, and the builds of a killed one with them", async (_what, place) => {
  const url = await postgres.newDatabase();
  const key = join(await tempDir(), "key");
  await writeFile(key, randomBytes(32).toString("base64"), { mode: 0o600 });
  const args = ["--uploads", await place(), "--state-key-file", key];
  const [one, other] = await Promise.all(
    ["one", "other"].map((name) => startMember(url, name, { args, env })),
  );
  const { results } = await one!.host.diagnose({});
  expect(results.find(({ check }) => check === "shared-uploads")).toMatchObject({ outcome: CheckOutcome.OK });
  const { baseImage } = lab().registry;
  // More than one part of an upload to S3.
  const big = randomBytes(10 << 20).toString("base64");
  const context = await sent(one!, {
    Dockerfile: `FROM ${baseImage}\nCOPY . /\nRUN cat /a && wc -c /big\n`,
    a: "mark of a\n",
    big,
  });
  expect((await mustBuild(other!, context)).output).toBe(`mark of a\n${big.length} /big\n`);

  const { dockerfile, open } = gate();
  const mark = randomUUID();
  const running = await begin(
    one!,
    await sent(one!, { Dockerfile: dockerfile.replace("RUN", `COPY a /a-${mark}\nRUN`), a: "content" }),
  );
  const seen = follow(other!, running);
  await untilBegun(seen.events);
  one!.process.kill("SIGKILL");
  const killed = performance.now();
  await untilEvent(seen.events, "restarted");
  expect(performance.now() - killed).toBeLessThan(30_000);
  await open(other!);
  expect((await watchToEnd(other!, running)).finished.state).toBe(BuildState.SUCCEEDED);
  const unknown = specOf("", {
    context: { source: { case: "upload", value: randomUUID() } },
    dockerfile: undefined,
  });
  expect(await failure(begin(other!, unknown))).toMatchObject({ reason: "UPLOAD_NOT_FOUND" });
});

it("a bucket that is away is an error that names it, and a host does not start with a wrong one", async () => {
  const url = await postgres.newDatabase();
  const args = ["--uploads", "s3://lab/x?endpoint=http://127.0.0.1:9&region=us-east-1"];
  const host = await startMember(url, "one", { args, env });
  expect(await failure(sent(host, { Dockerfile: "FROM scratch\n" }))).toMatchObject({
    reason: "UPLOADS_UNAVAILABLE",
    message: expect.stringContaining("127.0.0.1:9"),
  });
  const { results } = await host.host.diagnose({});
  expect(results.find(({ check }) => check === "shared-uploads")).toMatchObject({
    outcome: CheckOutcome.PROBLEM,
    reason: "UPLOADS_UNAVAILABLE",
  });
  await expect(startHost({ args: ["--uploads", "/tmp/x"] })).rejects.toThrow("--uploads requires --database");
  const bad = startMember(url, "two", { args: ["--uploads", "s3://"], env });
  await expect(bad).rejects.toThrow("is not the URL of a bucket");
});
