import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { shareHost } from "../host/host.js";
import { baseImageName, lab, must, tempDir } from "../lab/index.js";
import { builder, newRepository, type User, userOf } from "./harness.js";

let user: User;
let context: string;
let out: string;
const host = shareHost();
beforeAll(async () => {
  user = await userOf(host());
});
beforeEach(async () => {
  context = await contextOf({
    // The linter warns about keywords in different cases.
    Dockerfile: `FROM ${lab().registry.baseImage} as base\nARG WHO\nCOPY id /\nRUN echo $WHO > /who\n`,
    id: randomUUID(),
  });
  out = await tempDir();
});

type Metadata = Record<string, unknown>;

/** Builds with both tools; returns their metadata without what differs between builds. */
async function both(
  args: string[],
  env: Record<string, string> = {},
): Promise<[ours: Metadata, theirs: Metadata]> {
  const written: Metadata[] = [];
  for (const tool of ["slipway", "buildx"] as const) {
    const [metadata, iid] = [join(out, `${tool}.json`), join(out, `${tool}.iid`)];
    const files = args.some((arg) => /^type=(local|tar)/.test(arg)) ? [] : ["--iidfile", iid];
    const { code, stderr } = await user[tool](
      ["build", "--metadata-file", metadata, ...files, ...args, context],
      { env },
    );
    expect(code, stderr).toBe(0);
    const text = await readFile(metadata, "utf8");
    const parsed = JSON.parse(text);
    // Go's indentation.
    expect(text.startsWith('{\n  "')).toBe(true);
    if (files.length > 0) parsed.iid = await readFile(iid, "utf8");
    written.push(comparable(parsed, parsed) as Metadata);
  }
  return written as [Metadata, Metadata];
}

/**
 * Keys that differ between builds, such as digests of contents with a time, and measurements; and "root", which shows
 * that buildx calls the frontend through its own gateway.
 */
const varying =
  /^(buildStartedOn|buildFinishedOn|buildInvocationID|vertex|digestMapping|sysUsage|resourceUsage|root)$/;

function comparable(value: unknown, all: Metadata): unknown {
  const own = [all["containerimage.digest"], all["containerimage.config.digest"]];
  const text = JSON.stringify(value, (key, part) => {
    if (varying.test(key)) return undefined;
    if (key === "org.opencontainers.image.created") return key;
    if (key === "buildx.build.ref") return String(part).replace(/[a-z0-9]{25}$/, "ref");
    if (typeof part === "string" && own.includes(part)) return own.indexOf(part) === 0 ? "image" : "config";
    return part;
  });
  return JSON.parse(text);
}

const name = newRepository;

describe("the metadata file and image id equal those of buildx", () => {
  test.each([
    ["a push", () => ["-t", `${name()}:1`, "--push"]],
    ["two platforms", () => ["--platform", "linux/amd64,linux/arm64", "-o", "type=image"]],
    ["full provenance", () => ["--provenance=mode=max", "-o", `type=oci,dest=${join(out, "oci.tar")}`]],
    ["an older provenance", () => ["--provenance=mode=max,version=v0.2", "-o", "type=image"]],
    ["no provenance", () => ["--provenance=false", "-o", "type=image"]],
    ["files", () => ["-o", `type=local,dest=${join(out, "files")}`, "--build-arg", "WHO=me"]],
    ["nothing", () => []],
  ] as [string, () => string[]][])("%s", async (_, args) => {
    const flags = args();
    const [ours, theirs] = await both(flags);
    expect(ours).toEqual(theirs);
    // BuildKit records provenance even when the image does not carry it.
    expect(Object.keys(ours)).toContainEqual(expect.stringContaining("buildx.build.provenance"));
  });

  test.each(["max", "disabled", "false", "whatever"])("BUILDX_METADATA_PROVENANCE=%s", async (mode) => {
    const [ours, theirs] = await both(["-o", "type=image"], { BUILDX_METADATA_PROVENANCE: mode });
    expect(ours).toEqual(theirs);
    const provenance = ours["buildx.build.provenance"] as Metadata | undefined;
    expect(provenance && "metadata" in provenance).toBe({ max: true, whatever: false }[mode]);
  });

  test("BUILDX_METADATA_WARNINGS", async () => {
    const [ours, theirs] = await both(["-o", "type=image"], { BUILDX_METADATA_WARNINGS: "1" });
    expect(ours).toEqual(theirs);
    expect(ours["buildx.build.warnings"]).toMatchObject([{ url: expect.stringContaining("from-as-casing") }]);
  });

  test.each(["engine20", "engine29"] as const)("on %s", async (engine) => {
    const own = await contextOf({ Dockerfile: `FROM ${baseImageName}\nCOPY id /\n`, id: randomUUID() });
    context = own;
    const env = { DOCKER_HOST: lab()[engine].host, BUILDX_BUILDER: "default" };
    const tag = `outputs.test/metadata:${randomUUID()}`;
    const [ours, theirs] = await both(["-t", tag], env);
    expect(ours).toEqual(theirs);
    await must("docker", ["image", "rm", tag], { env: { ...process.env, DOCKER_HOST: env.DOCKER_HOST } });
  });
});

test("the API returns the provenance that BuildKit recorded", async () => {
  const { finished } = await mustBuild(user.host, {
    builder,
    context: fromPath(context),
    platforms: ["linux/amd64", "linux/arm64"],
    returnProvenance: true,
  });
  const [one, two] = finished.result!.provenance;
  expect([one?.platform, two?.platform].sort()).toEqual(["linux/amd64", "linux/arm64"]);
  expect(one?.predicateType).toBe("https://slsa.dev/provenance/v1");
  expect(JSON.parse(Buffer.from(one!.predicate).toString())).toHaveProperty("runDetails.metadata.startedOn");
});
