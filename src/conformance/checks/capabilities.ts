import { Code } from "@connectrpc/connect";
import { failureOf, formatError, mustFail } from "../call-outcome.js";
import type { Check } from "../check.js";
import type { Peer } from "../plugin-process.js";
import { collect, only } from "../streams.js";
import type { Subject } from "../subject.js";
import { must } from "../violation.js";

/** A call for each optional RPC, with a request that does no harm. */
function probes(
  { driver, imageStore, nativeBuild }: Peer,
  name: string,
): Record<string, Record<string, () => Promise<unknown>>> {
  const store = { driver: name };
  return {
    "builders.implicit": { ListImplicitBuilders: () => driver.listImplicitBuilders({ driver: name }) },
    "builders.stop": { Stop: () => driver.stop({ driver: name }) },
    tunnel: { Tunnel: () => collect(driver.tunnel(only({ dial: { driver: name } }))) },
    "build.native": {
      CheckBuild: () => nativeBuild.checkBuild({ driver: name }),
      Build: () => collect(nativeBuild.build(only({ message: { case: "start", value: { driver: name } } }))),
    },
    "image-store": {
      GetImageStore: () => imageStore.getImageStore({ store }),
      ListImages: () => imageStore.listImages({ store, name: "conformance.invalid/none:1" }),
      RemoveImage: () => imageStore.removeImage({ store, name: "conformance.invalid/none:1" }),
    },
  };
}

async function eachProbe(
  subject: Subject,
  advertised: boolean,
  look: (rpc: string, call: () => Promise<unknown>) => Promise<void>,
) {
  const own = new Set(subject.driver.capabilities.map(({ id }) => id));
  const peer = await subject.peer();
  for (const [capability, calls] of Object.entries(probes(peer, subject.driver.name))) {
    if (own.has(capability) !== advertised) continue;
    for (const [rpc, call] of Object.entries(calls)) await look(rpc, call);
  }
}

/** What is advertised, and what is not. */
export const capabilityChecks: Check[] = [
  {
    id: "DRV-CAPABILITY-IDS",
    title: "its capabilities have ids, and each only once",
    rule: "capabilities-and-features",
    async run(subject) {
      const { plugin, drivers } = await subject.open();
      for (const { capabilities } of [...drivers, plugin!]) {
        const ids = (capabilities ?? []).map(({ id }) => id);
        must(!ids.includes(""), "a capability has no id");
        must(new Set(ids).size === ids.length, `a capability is told twice: ${ids.join(", ")}`);
      }
    },
  },
  {
    id: "DRV-CAPABILITY-MISSING",
    title: "what it does not advertise answers UNIMPLEMENTED",
    rule: "capabilities-and-features",
    async run(subject) {
      await eachProbe(subject, false, async (rpc, call) => {
        await mustFail(`${rpc}, which it does not advertise,`, call(), { code: Code.Unimplemented });
      });
    },
  },
  {
    id: "DRV-CAPABILITY-WORKS",
    title: "what it advertises is implemented",
    rule: "capabilities-and-features",
    async run(subject) {
      await eachProbe(subject, true, async (rpc, call) => {
        const error = await failureOf(call());
        const broken = error?.code === Code.Unimplemented || error?.code === Code.Internal;
        must(!broken, `${rpc} is advertised and ended with ${error && formatError(error)}`);
      });
    },
  },
];
