import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { encodeError } from "../errors/typed-error.js";
import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import { BuildService, type WatchBuildRequest } from "../gen/slipway/v1/build_pb.js";
import { watchBuild } from "./watch-build.js";

// A real host cannot be made to drop a connection at a given event.
function host(script: (request: WatchBuildRequest, call: number) => number | ConnectError) {
  const requests: WatchBuildRequest[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(BuildService, {
      async *watchBuild(request) {
        requests.push(request);
        const end = script(request, requests.length);
        if (end instanceof ConnectError) throw end;
        for (let sequence = Number(request.fromSequence); sequence <= end; sequence++) {
          const event =
            sequence === 5
              ? { case: "finished" as const, value: { state: BuildState.SUCCEEDED } }
              : { case: "outputReady" as const, value: { output: sequence } };
          yield { event: { sequence: BigInt(sequence), event } };
        }
        if (end < 5) throw new ConnectError("connection lost", Code.Unavailable);
      },
    });
  });
  return { requests, builds: createClient(BuildService, transport) };
}

async function sequences(builds: ReturnType<typeof host>["builds"]): Promise<number[]> {
  const seen: number[] = [];
  for await (const event of watchBuild({ builds }, "b", { cancelOnDisconnect: true }))
    seen.push(Number(event.sequence));
  return seen;
}

test("continues with the next event when the connection is lost", async () => {
  const { builds, requests } = host((_, call) => [2, 2, 4, 5][call - 1]!);
  expect(await sequences(builds)).toEqual([1, 2, 3, 4, 5]);
  expect(requests.map(({ fromSequence }) => fromSequence)).toEqual([1n, 3n, 3n, 5n]);
  expect(requests.every(({ cancelOnDisconnect }) => cancelOnDisconnect)).toBe(true);
});

test("does not retry a call that the host refuses", async () => {
  const { builds, requests } = host(() => new ConnectError("no such build", Code.NotFound));
  await expect(sequences(builds)).rejects.toThrow("no such build");
  expect(requests).toHaveLength(1);
});

test.each(["TOKEN_EXPIRED", "TOKEN_WRONG"] as const)(
  "continues once after %s, and anew after an event",
  async (reason) => {
    const refused = encodeError({ code: Code.Unauthenticated, reason, message: "The token is refused." });
    // After a lost connection, too: the host may be back with another key.
    const once = host(
      (_, call) => [2, new ConnectError("lost", Code.Unavailable), refused, 4, refused, 5][call - 1]!,
    );
    expect(await sequences(once.builds)).toEqual([1, 2, 3, 4, 5]);
    expect(once.requests.map(({ fromSequence }) => fromSequence)).toEqual([1n, 3n, 3n, 3n, 5n, 5n]);
    const twice = host((_, call) => [2, refused, refused][call - 1]!);
    await expect(sequences(twice.builds)).rejects.toThrow("The token is refused.");
    expect(twice.requests).toHaveLength(3);
  },
);
