import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { encodeError } from "../errors/typed-error.js";
import { BuildService } from "../gen/slipway/v1/build_pb.js";
import { startBuild } from "./start-build.js";

const stopping = encodeError({ code: Code.Unavailable, reason: "HOST_STOPPING", message: "It stops." });
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
