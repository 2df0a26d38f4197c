import { Code } from "@connectrpc/connect";
import type { TypedError } from "../../errors/typed-error.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { failureOf, mustBeTyped, mustFail } from "../call-outcome.js";
import { type Check, has } from "../check.js";
import { tryAcquire } from "../leases.js";
import type { Peer } from "../peer.js";
import { collect, streamOf } from "../streams.js";
import type { Subject } from "../subject.js";
import { storeCalls } from "./image-store.js";

/** The request of a call for a node or a store. */
type Request = { driver: string };

/** The calls for a node that a driver serves. */
function nodeCalls(
  subject: Subject,
  { driver }: Peer,
): Record<string, (request: Request) => Promise<unknown>> {
  return {
    Validate: (request) => driver.validate(request),
    Inspect: (request) => driver.inspect(request),
    Bootstrap: (request) => collect(driver.bootstrap(request)),
    ...(has(subject, capabilityIds.stopBuilders) && { Stop: (request) => driver.stop(request) }),
    Remove: (request) => driver.remove(request),
    Acquire: (request) => tryAcquire(driver, request),
  };
}

/** The calls for a driver without a node. */
function otherCalls(subject: Subject, peer: Peer): Record<string, (request: Request) => Promise<unknown>> {
  return {
    ...(has(subject, capabilityIds.implicitBuilders) && {
      ListImplicitBuilders: (request) => peer.driver.listImplicitBuilders(request),
    }),
    ...(has(subject, capabilityIds.imageStore) && storeCalls(peer)),
    ...(has(subject, capabilityIds.tunnel) && {
      Tunnel: (start) =>
        collect(peer.driver.tunnel(streamOf({ part: { case: "start" as const, value: start } }))),
    }),
  };
}

/** The errors of calls with an unknown driver, and of calls without a configuration. */
async function refusals(subject: Subject): Promise<[rpc: string, error: TypedError | undefined][]> {
  const calls = Object.entries(nodeCalls(subject, await subject.peer()));
  const attempts = calls.flatMap(([rpc, call]) =>
    ["conformance-unknown", subject.driver.name].map(
      async (driver): Promise<[string, TypedError | undefined]> => [rpc, await failureOf(call({ driver }))],
    ),
  );
  return Promise.all(attempts);
}

/** Checks of invalid calls. */
export const callChecks: Check[] = [
  {
    id: "DRV-CALL-DRIVER",
    title: "A call with an unknown driver fails with NOT_FOUND",
    rule: "errors",
    async run(subject) {
      const peer = await subject.peer();
      for (const [rpc, call] of Object.entries({
        ...nodeCalls(subject, peer),
        ...otherCalls(subject, peer),
      })) {
        const what = `${rpc} with an unknown driver`;
        await mustFail(what, call({ driver: "conformance-unknown" }), {
          code: Code.NotFound,
          reason: "DRIVER_UNKNOWN",
        });
      }
    },
  },
  {
    id: "DRV-CALL-CONFIG",
    title: "A call for a node without a configuration fails with INVALID_ARGUMENT",
    rule: "errors",
    async run(subject) {
      const peer = await subject.peer();
      for (const [rpc, call] of Object.entries(nodeCalls(subject, peer))) {
        const what = `${rpc} without a configuration`;
        const expected = { code: Code.InvalidArgument, reason: "CONFIG_MISSING" };
        await mustFail(what, call({ driver: subject.driver.name }), expected);
      }
      if (!has(subject, capabilityIds.tunnel)) return;
      const what = "Tunnel without a lease in its first message";
      const expected = { code: Code.InvalidArgument, reason: "START_MISSING" };
      await mustFail(what, collect(peer.driver.tunnel(streamOf({}))), expected);
    },
  },
  {
    id: "DRV-CALL-ERRORS",
    title: "Errors have google.rpc.ErrorInfo with the drivers' domain, and a message",
    rule: "errors",
    async run(subject) {
      for (const [rpc, error] of await refusals(subject)) if (error) mustBeTyped(rpc, error);
    },
  },
];
