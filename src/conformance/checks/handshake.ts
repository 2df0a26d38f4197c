import { equals } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { HealthCheckResponse_ServingStatus } from "../../gen/grpc/health/v1/health_pb.js";
import { HandshakeResponseSchema } from "../../gen/slipway/driver/v1/driver_pb.js";
import { isDriverName } from "../../plugin-protocol/names.js";
import { codeName } from "../call-outcome.js";
import type { Check } from "../check.js";
import { asHost } from "../plugin-process.js";
import { must } from "../violation.js";

/** What a host asks first. */
export const handshakeChecks: Check[] = [
  {
    id: "DRV-HEALTH",
    title: "its health service says SERVING for the service plugin",
    rule: "4-the-services-of-go-plugin",
    async run(subject) {
      // Not the shared process: one that is not healthy may have no Handshake either.
      const { health } = await subject.fresh().peer();
      const { status } = await health.check({ service: "plugin" }, { timeoutMs: 10_000 });
      const said = HealthCheckResponse_ServingStatus[status];
      must(status === HealthCheckResponse_ServingStatus.SERVING, `its health service says ${said}`);
    },
  },
  {
    id: "DRV-STDIO",
    title: "it streams what it prints, or does not implement it",
    rule: "4-the-services-of-go-plugin",
    async run(subject) {
      const plugin = subject.fresh();
      const { stdioEnded, driver } = await plugin.peer();
      await driver.handshake(asHost);
      const open = new Promise<"open">((resolve) => setTimeout(resolve, 200, "open"));
      const how = await Promise.race([stdioEnded, open]);
      if (how === "open" || how === Code.Unimplemented) return;
      must(
        false,
        `StreamStdio ended with ${how === undefined ? "OK" : codeName(how)} while the plugin lives`,
      );
    },
  },
  {
    id: "DRV-HANDSHAKE",
    title: "Handshake tells the plugin's name and version, and its drivers",
    rule: "the-calls",
    async run(subject) {
      const { plugin, drivers } = await subject.open();
      must(plugin?.peer?.name && plugin.peer.version, "Handshake tells no name and version of the plugin");
      const names = drivers.map(({ name }) => name);
      must(
        new Set(names).size === names.length,
        `two of its drivers have the same name: ${names.join(", ")}`,
      );
      const odd = names.find((name) => !isDriverName(name));
      must(odd === undefined, `"${odd}" is no driver name: lower case letters, digits and dashes`);
    },
  },
  {
    id: "DRV-HANDSHAKE-STABLE",
    title:
      "Handshake answers the same whenever and by whomever it is asked, and ignores unknown capabilities",
    rule: "the-calls",
    async run(subject) {
      const { driver } = await subject.peer();
      const first = await driver.handshake(asHost);
      const second = await driver.handshake({
        host: { name: "another-host", version: "0.0.1" },
        capabilities: [...asHost.capabilities, { id: "com.example.unknown" }],
      });
      must(equals(HandshakeResponseSchema, first, second), "Handshake answered differently the second time");
    },
  },
];
