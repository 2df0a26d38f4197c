import { randomUUID } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { failureOf, formatError, mustFail } from "../call-outcome.js";
import type { Check } from "../check.js";
import type { Peer } from "../peer.js";
import { must } from "../report/violation.js";
import { collect, streamOf } from "../streams.js";
import type { Subject } from "../subject.js";

/** A harmless call of each optional RPC, by capability. */
function probes(
  { driver, imageStore, nativeBuild }: Peer,
  name: string,
): Record<string, Record<string, () => Promise<unknown>>> {
  const store = { driver: name };
  return {
    [capabilityIds.implicitBuilders]: {
      ListImplicitBuilders: () => driver.listImplicitBuilders({ driver: name }),
    },
    [capabilityIds.stopBuilders]: { Stop: () => driver.stop({ driver: name }) },
    [capabilityIds.tunnel]: {
      Tunnel: () => {
        const start = { driver: name, leaseId: randomUUID() };
        return collect(driver.tunnel(streamOf({ part: { case: "start" as const, value: start } })));
      },
    },
    [capabilityIds.nativeBuild]: {
      CheckBuild: () => nativeBuild.checkBuild({ driver: name }),
      Build: () =>
        collect(nativeBuild.build(streamOf({ message: { case: "start", value: { driver: name } } }))),
    },
    [capabilityIds.imageStore]: {
      GetImageStore: () => imageStore.getImageStore({ store }),
      ListImages: () => imageStore.listImages({ store, name: "conformance.invalid/none:1" }),
      RemoveImage: () => imageStore.removeImage({ store, name: "conformance.invalid/none:1" }),
    },
  };
}

async function eachProbe(
  subject: Subject,
  advertised: boolean,
  probe: (rpc: string, call: () => Promise<unknown>) => Promise<void>,
) {
  const own = new Set(subject.driver.capabilities.map(({ id }) => id));
  const peer = await subject.peer();
  for (const [capability, calls] of Object.entries(probes(peer, subject.driver.name))) {
    if (own.has(capability) !== advertised) continue;
    for (const [rpc, call] of Object.entries(calls)) await probe(rpc, call);
  }
}

/** Checks of capabilities. */
export const capabilityChecks: Check[] = [
  {
    id: "DRV-CAPABILITY-IDS",
    title: "Capabilities have unique ids",
    rule: "capabilities-and-features",
    async run(subject) {
      const { plugin, drivers } = await subject.open();
      for (const { capabilities } of [...drivers, plugin!]) {
        const ids = (capabilities ?? []).map(({ id }) => id);
        must(!ids.includes(""), "A capability has no id.");
        must(new Set(ids).size === ids.length, `A capability is listed twice: ${ids.join(", ")}.`);
      }
    },
  },
  {
    id: "DRV-CAPABILITY-MISSING",
    title: "Calls without an advertised capability fail with UNIMPLEMENTED",
    rule: "capabilities-and-features",
    async run(subject) {
      await eachProbe(subject, false, async (rpc, call) => {
        await mustFail(`${rpc}, which is not advertised,`, call(), { code: Code.Unimplemented });
      });
    },
  },
  {
    id: "DRV-CAPABILITY-WORKS",
    title: "Advertised capabilities are implemented",
    rule: "capabilities-and-features",
    async run(subject) {
      await eachProbe(subject, true, async (rpc, call) => {
        const error = await failureOf(call());
        const broken = error?.code === Code.Unimplemented || error?.code === Code.Internal;
        must(!broken, `${rpc} is advertised and ended with ${error && formatError(error)}.`);
      });
    },
  },
];
