import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { BuilderRecordSchema } from "../../gen/slipway/state/v1/builder_record_pb.js";
import { localPrincipal } from "../access/principal.js";
import type { Nodes } from "../nodes/nodes.js";
import type { ReadyNode } from "../nodes/ready-node.js";
import type { Store } from "../store/store.js";
import { HistoryNodes } from "./history-nodes.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const builder = create(BuilderRecordSchema, {
  name: "b",
  driver: "d",
  nodes: [{ node: "silent" }, { node: "empty" }],
});
const user = { environment: {}, isLocal: true, principal: localPrincipal };
const owner = { builder, user };

/** The history of nodes whose BuildKits answer pings, of which one answers no call. */
function histories(close: () => Promise<void>) {
  async function* listen(name: string, { signal }: { signal: AbortSignal }) {
    if (name === "silent")
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    yield* [];
  }
  const nodes = {
    openIfRunning: async (_driver: string, config: ReadyNode["config"]) => ({
      config,
      client: { control: { listenBuildHistory: (_: object, how: never) => listen(config.node, how) } },
      close,
    }),
  };
  return new HistoryNodes(nodes as unknown as Nodes, {} as Store);
}

it("reports a BuildKit that does not answer in time, and closes its node", async () => {
  const close = vi.fn(async () => {});
  const opening = histories(close).open(owner, "", new AbortController().signal);
  await vi.advanceTimersByTimeAsync(30_000);
  const opened = await opening;
  expect(opened.found).toEqual([]);
  expect(opened.diagnostics).toMatchObject([{ reason: "NODE_TIMEOUT" }]);
  expect(close).toHaveBeenCalledTimes(1);
  await opened.close();
  expect(close).toHaveBeenCalledTimes(2);
});

it("fails when no BuildKit answers in time", async () => {
  const close = vi.fn(async () => {});
  const silent = { ...builder, nodes: builder.nodes.slice(0, 1) };
  const opening = histories(close).open({ builder: silent, user }, "", new AbortController().signal);
  const failure = opening.catch(readTypedError);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await failure).toMatchObject({ reason: "NODE_TIMEOUT" });
  expect(close).toHaveBeenCalledTimes(1);
});
