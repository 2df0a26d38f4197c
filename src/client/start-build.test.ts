import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { encodeError, readTypedError } from "../errors/typed-error.js";
import { BuildService } from "../gen/slipway/v1/build_pb.js";
import { startBuild } from "./start-build.js";

const stopping = encodeError({ code: Code.Unavailable, reason: "HOST_STOPPING", message: "It stops." });
/** The same from a host that asks for a delay. */
const stoppingFor = (retryAfterMs: number) =>
  encodeError({ code: Code.Unavailable, reason: "HOST_STOPPING", message: "It stops.", retryAfterMs });
const notRunning = encodeError({
  code: Code.Unavailable,
  reason: "NODE_NOT_RUNNING",
  message: "It does not.",
});

/** A host that answers the first call with an error. A real one cannot be made to do that. */
function host(error: ConnectError) {
  const ids: string[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(BuildService, {
      startBuild({ requestId }) {
        ids.push(requestId);
        if (ids.length === 1) throw error;
        return { build: { id: "b" } };
      },
    });
  });
  return { ids, builds: createClient(BuildService, transport) };
}

test.each([
  ["a lost connection", new ConnectError("connection lost", Code.Unavailable)],
  ["a reset stream", new ConnectError("stream reset", Code.Internal)],
  ["a host that is stopping", stopping],
])("repeats a request with its id after %s", async (_what, error) => {
  const { ids, builds } = host(error);
  expect(await startBuild({ builds }, {})).toBe("b");
  expect(ids).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), ids[0]]);
});

test.each([
  ["of the host", notRunning],
  ["of a proxy", new ConnectError("no access", Code.PermissionDenied)],
])("does not repeat a request after another error %s", async (_what, error) => {
  const { ids, builds } = host(error);
  await expect(startBuild({ builds }, {})).rejects.toThrow(error.message);
  expect(ids).toHaveLength(1);
});

test("waits no less than the host asks for", async () => {
  const { ids, builds } = host(stoppingFor(700));
  const start = performance.now();
  await startBuild({ builds }, {});
  expect(performance.now() - start).toBeGreaterThanOrEqual(699);
  expect(ids).toHaveLength(2);
});

test("does not repeat a request for which it would have to wait for more than a minute", async () => {
  const { ids, builds } = host(stoppingFor(60_001));
  const error = await startBuild({ builds }, {}).catch((cause) => cause);
  expect(readTypedError(error)).toMatchObject({ reason: "HOST_STOPPING", retryAfterMs: 60_001 });
  expect(ids).toHaveLength(1);
});

test("the signal ends a wait that the host asked for", async () => {
  const { ids, builds } = host(stoppingFor(60_000));
  const stop = new AbortController();
  const starting = startBuild({ builds }, {}, { signal: stop.signal });
  await expect.poll(() => ids.length).toBe(1);
  stop.abort(new Error("stop"));
  await expect(starting).rejects.toThrow("stop");
});

test("the signal ends no repetition after a lost connection, since the build can have been accepted", async () => {
  const { ids, builds } = host(new ConnectError("connection lost", Code.Unavailable));
  const signal = AbortSignal.abort(new Error("stop"));
  expect(await startBuild({ builds }, {}, { signal })).toBe("b");
  expect(ids).toHaveLength(2);
});
