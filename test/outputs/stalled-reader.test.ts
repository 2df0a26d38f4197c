import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { contextOf, fromPath, watchToEnd } from "../host/build.js";
import type { TestHost } from "../host/host.js";
import { startHostWithClock } from "../host/host-with-clock.js";
import { lab, must } from "../lab/index.js";

/** Starts a build that streams an output of 64 MiB, and returns its id when the output is ready. */
async function startStream(host: TestHost): Promise<string> {
  await host.builders.createBuilder({
    name: "own",
    driver: "remote",
    node: { endpoint: lab().buildkitd.address },
  });
  const folder = await contextOf({ Dockerfile: "FROM scratch\nCOPY big id /\n", id: randomUUID() });
  await must("dd", ["if=/dev/urandom", `of=${join(folder, "big")}`, "bs=1M", "count=64"]);
  const outputs = [{ type: "tar", destination: { case: "stream" as const, value: {} } }];
  const { build } = await host.builds.startBuild({
    spec: { builder: "own", context: fromPath(folder), outputs },
  });
  for await (const { event } of host.builds.watchBuild({ id: build!.id }))
    if (event?.event.case === "outputReady") return build!.id;
  throw new Error("The output was not ready.");
}

it("a client that stops to read for ten minutes ends its build with OUTPUT_NOT_READ", async () => {
  const { host, set } = await startHostWithClock({ monotonic: true });
  const id = await startStream(host);
  const reader = host.builds.readOutput({ id, output: 0 })[Symbol.asyncIterator]();
  expect((await reader.next()).done).toBe(false);
  const { build } = await host.builds.getBuild({ id });
  expect(build!.state).toBe(BuildState.RUNNING);

  await set(601);
  const { finished } = await watchToEnd(host, id);
  expect(finished).toMatchObject({
    state: BuildState.FAILED,
    error: { reason: "OUTPUT_NOT_READ", message: expect.stringContaining("for 600 s") },
  });
  const rest = async () => {
    for (;;) if ((await reader.next()).done) return "complete";
  };
  expect(await rest().catch(readTypedError)).toMatchObject({ reason: "OUTPUT_INCOMPLETE" });
});
