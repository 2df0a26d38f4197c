import { equals } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { codeName } from "../../errors/typed-error.js";
import { HealthCheckResponse_ServingStatus } from "../../gen/grpc/health/v1/health_pb.js";
import { HandshakeResponseSchema } from "../../gen/slipway/driver/v1/driver_pb.js";
import { isDriverName } from "../../plugin-protocol/names.js";
import type { Check } from "../check.js";
import { asHost } from "../peer.js";
import { must } from "../report/violation.js";

/** Checks of a host's first calls. */
export const handshakeChecks: Check[] = [
  {
    id: "DRV-HEALTH",
    title: "The health service reports SERVING for the service plugin",
    rule: "4-the-services-of-go-plugin",
    process: true,
    async run(subject) {
      // Not the shared process, since an unhealthy plugin may not serve Handshake.
      const { health } = await subject.processes.fresh().peer();
      const { status } = await health.check({ service: "plugin" }, { timeoutMs: 10_000 });
      const reported = HealthCheckResponse_ServingStatus[status];
      must(status === HealthCheckResponse_ServingStatus.SERVING, `The health service reports ${reported}.`);
    },
  },
  {
    id: "DRV-STDIO",
    title: "StreamStdio streams the plugin's output, or is not implemented",
    rule: "4-the-services-of-go-plugin",
    process: true,
    async run(subject) {
      const plugin = subject.processes.fresh();
      const { stdioEnded, driver } = await plugin.peer();
      await driver.handshake(asHost);
      const open = new Promise<"open">((resolve) => setTimeout(resolve, 1000, "open"));
      const how = await Promise.race([stdioEnded, open]);
      if (how === "open" || how === Code.Unimplemented) return;
      must(
        false,
        `StreamStdio ended with ${how === undefined ? "OK" : codeName(how)} while the plugin was running.`,
      );
    },
  },
  {
    id: "DRV-HANDSHAKE",
    title: "Handshake returns the plugin's name and version, and its drivers",
    rule: "the-calls",
    async run(subject) {
      const { plugin, drivers } = await subject.open();
      must(
        plugin?.peer?.name && plugin.peer.version,
        "Handshake returned no name and version of the plugin.",
      );
      const names = drivers.map(({ name }) => name);
      must(new Set(names).size === names.length, `Two drivers have the same name: ${names.join(", ")}.`);
      const invalid = names.find((name) => !isDriverName(name));
      must(
        invalid === undefined,
        `"${invalid}" is not a valid driver name, which has lower-case letters, digits and dashes.`,
      );
    },
  },
  {
    id: "DRV-HANDSHAKE-STABLE",
    title: "Handshake always returns the same answer, and ignores unknown capabilities",
    rule: "the-calls",
    async run(subject) {
      const { driver } = await subject.peer();
      const first = await driver.handshake(asHost);
      const second = await driver.handshake({
        host: { name: "another-host", version: "0.0.1" },
        capabilities: [...asHost.capabilities, { id: "com.example.unknown" }],
      });
      must(
        equals(HandshakeResponseSchema, first, second),
        "The second Handshake returned a different answer.",
      );
    },
  },
];
