import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { Control } from "../gen/moby/buildkit/v1/control_pb.js";
import { untilAborted } from "../util/until-aborted.js";
import type { BuildkitClient } from "./client.js";
import { fullSolveError } from "./full-solve-error.js";

test("reading an error from a history that does not answer ends with the build's signal", async () => {
  const abort = new AbortController();
  const transport = createRouterTransport(({ service }) => {
    service(Control, {
      async *listenBuildHistory(_request, { signal }) {
        abort.abort();
        yield* [];
        await untilAborted(new Promise(() => {}), signal);
      },
    });
  });
  const client = { control: createClient(Control, transport) } as BuildkitClient;
  const cause = new ConnectError("reset", Code.Internal);
  expect(await fullSolveError(client, "ref", cause, abort.signal)).toBe(cause);
});
