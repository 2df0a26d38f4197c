import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { create } from "@bufbuild/protobuf";
import { AllowedAddressesSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { failureOf } from "../call-outcome.js";
import type { Check, Condition } from "../check.js";
import { tryAcquire } from "../leases.js";
import { must } from "../report/violation.js";
import type { Subject } from "../subject.js";
import { validate } from "../validation.js";

/** The condition that clients on other machines may give the endpoints of nodes. */
const remoteEndpoints: Condition = {
  text: "remote_schemes",
  missing: ({ driver }) =>
    driver.endpoint?.remoteSchemes.length ? undefined : "The driver declares no remote_schemes.",
};

/** Checks of where a driver connects. */
export const addressChecks: Check[] = [
  {
    id: "DRV-ALLOWED-ADDRESSES",
    title: "A node with allowed addresses is reached at these, and its endpoint's name is not resolved",
    rule: "leases",
    backend: true,
    when: remoteEndpoints,
    async run(subject) {
      const listener = await listen();
      try {
        for (const scheme of subject.driver.endpoint!.remoteSchemes)
          await mustHeed(subject, scheme, listener);
      } finally {
        listener.close();
      }
    },
  },
];

async function mustHeed(subject: Subject, scheme: string, listener: Listener): Promise<void> {
  const { driver } = await subject.peer();
  const connects = async (host: string, addresses?: string[]) => {
    const endpoint = `${scheme}://${host}:${listener.port}`;
    const { config } = await validate(subject, { endpoint });
    must(config, `Validate refuses the endpoint ${endpoint}.`);
    if (addresses) config.allowedAddresses = create(AllowedAddressesSchema, { addresses });
    const node = { driver: subject.driver.name, config };
    const limit = { timeoutMs: 30_000 };
    await failureOf(driver.inspect(node, limit));
    await failureOf(tryAcquire(driver, node, limit));
    return (await listener.count()) > 0;
  };
  // The host connects, and not the driver.
  if (!(await connects("localhost"))) return;
  const resolved = await connects("localhost", []);
  must(!resolved, `Without an allowed address, the driver connects to ${scheme}://localhost.`);
  const used = await connects("conformance.invalid", ["127.0.0.1"]);
  must(used, `The driver does not use the allowed address of ${scheme}://conformance.invalid.`);
}

type Listener = Awaited<ReturnType<typeof listen>>;

/** A port on this machine that closes each connection. The owner closes it. */
async function listen() {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on("error", () => {}).destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    /** The number of connections since the last call. */
    async count(): Promise<number> {
      // Connections are accepted in order, so that all others have arrived before this one.
      await once(connect(port, "127.0.0.1").resume(), "close");
      const others = connections - 1;
      connections = 0;
      return others;
    },
    close: () => void server.close(),
  };
}
