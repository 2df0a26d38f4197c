import { Code, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import { encodeError } from "../errors/typed-error.js";
import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import { BuildService } from "../gen/slipway/v1/build_pb.js";
import { build } from "./build.js";
import type { Slipway } from "./slipway.js";

it("cancels many builds by one signal, without a warning of too many listeners", async () => {
  const warnings: string[] = [];
  const warn = ({ message }: Error) => warnings.push(message);
  process.on("warning", warn);
  onTestFinished(() => void process.off("warning", warn));

  const count = 32;
  let started = 0;
  const cancelled = new Map<string, () => void>();
  const transport = createRouterTransport(({ service }) => {
    service(BuildService, {
      startBuild: () => ({ build: { id: `b${started++}` } }),
      async *watchBuild({ id }) {
        await new Promise<void>((resolve) => cancelled.set(id, resolve));
        yield { event: { sequence: 1n, event: { case: "finished", value: { state: BuildState.CANCELED } } } };
      },
      cancelBuild({ id }) {
        cancelled.get(id)!();
        return {};
      },
    });
  });
  const slipway = { builds: createClient(BuildService, transport), environment: {} } as Slipway;
  const stop = new AbortController();
  const builds = Array.from({ length: count }, () => build(slipway, {}, { signal: stop.signal }));
  const ends = Promise.allSettled(builds);
  await expect.poll(() => cancelled.size).toBe(count);
  stop.abort(new Error("stop"));
  expect(new Set((await ends).map((end) => end.status === "rejected" && String(end.reason)))).toEqual(
    new Set(["Error: stop"]),
  );
  // Warnings are emitted in the next tick.
  await new Promise(setImmediate);
  expect(warnings).toEqual([]);
});

it("cancels a build that was aborted while it was started", async () => {
  const stop = new AbortController();
  const cancelled: string[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(BuildService, {
      startBuild() {
        stop.abort(new Error("stop"));
        return { build: { id: "b" } };
      },
      cancelBuild({ id }) {
        cancelled.push(id);
        return {};
      },
    });
  });
  const slipway = { builds: createClient(BuildService, transport), environment: {} } as Slipway;
  await expect(build(slipway, {}, { signal: stop.signal })).rejects.toThrow("stop");
  await expect.poll(() => cancelled).toEqual(["b"]);
});

it("ends at once when it is aborted while the host asks for a delay", async () => {
  const stop = new AbortController();
  let watches = 0;
  const transport = createRouterTransport(({ service }) => {
    service(BuildService, {
      startBuild: () => ({ build: { id: "b" } }),
      // biome-ignore lint/correctness/useYield: the host refuses the call
      async *watchBuild() {
        watches++;
        const retryAfterMs = 60_000;
        throw encodeError({
          code: Code.Unavailable,
          reason: "HOST_STOPPING",
          message: "It stops.",
          retryAfterMs,
        });
      },
      cancelBuild: () => ({}),
    });
  });
  const slipway = { builds: createClient(BuildService, transport), environment: {} } as Slipway;
  const building = build(slipway, {}, { signal: stop.signal });
  await expect.poll(() => watches).toBe(1);
  stop.abort(new Error("stop"));
  await expect(building).rejects.toThrow("stop");
});
