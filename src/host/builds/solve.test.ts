import { setTimeout as sleep } from "node:timers/promises";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test, vi } from "vitest";
import type { BuildkitClient } from "../../buildkit/client.js";
import { Control } from "../../gen/moby/buildkit/v1/control_pb.js";
import { untilAborted } from "../../util/until-aborted.js";
import { solve } from "./solve.js";
import type { SolvePlan } from "./solve-plan.js";

test("a cancelled build ends although BuildKit continues it, and reports progress forever", async () => {
  const transport = createRouterTransport(({ service }) => {
    service(Control, {
      solve: (_request, { signal }) => untilAborted(new Promise<never>(() => {}), signal),
      async *status(_request, { signal }) {
        while (!signal.aborted) {
          yield {};
          await sleep(20);
        }
      },
    });
  });
  const close = vi.fn(async () => {});
  const client = {
    control: createClient(Control, transport),
    openSession: async () => ({ id: "session", closed: new Promise(() => {}), close }),
  } as unknown as BuildkitClient;
  const plan = { isCall: false, exports: [], caches: { imports: [], exports: [] }, entitlements: [] };
  const call = {
    ref: "ref",
    frontend: { name: "dockerfile.v0" as const, attributes: {} },
    methods: [],
    hasPolicies: false,
    sharedKey: "",
  };
  const abort = new AbortController();
  const onStatus = vi.fn(async () => abort.abort(new Error("cancelled")));
  const solving = solve(client, plan as unknown as SolvePlan, call, abort.signal, onStatus);
  await expect(solving).rejects.toThrow("cancelled");
  expect(close).toHaveBeenCalledOnce();
});
