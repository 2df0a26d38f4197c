import { isDeepStrictEqual } from "node:util";
import { create, equals } from "@bufbuild/protobuf";
import { codeName } from "../../errors/typed-error.js";
import { ValidateRequestSchema, ValidateResponseSchema } from "../../gen/slipway/driver/v1/driver_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { defaultMessageBytes } from "../../plugin-protocol/connection.js";
import { deadAddress } from "../backend.js";
import { failureOf, mustSucceed } from "../call-outcome.js";
import { type Check, has } from "../check.js";
import { asHost, type Peer } from "../peer.js";
import { must } from "../report/violation.js";

/** The largest message below the limit that is tried, in bytes. */
const maxTriedBytes = 16 << 20;

/** Checks of unusual valid calls: concurrent, cancelled, large, from a newer host. */
export const robustnessChecks: Check[] = [
  {
    id: "DRV-CALL-CONCURRENT",
    title: "The plugin answers many concurrent calls",
    rule: "the-calls",
    async run(subject) {
      const { driver } = await subject.peer();
      const name = subject.driver.name;
      const config = await subject.anyConfig();
      const calls = Array.from({ length: 50 }, (_, index) =>
        driver.validate(
          { driver: name, config: { ...config, options: { [`conformance-${index}`]: "1" } } },
          { timeoutMs: 30_000 },
        ),
      );
      for (const [index, { diagnostics }] of (await Promise.all(calls)).entries()) {
        const own = diagnostics.some(({ field }) => field === `options[conformance-${index}]`);
        must(own, "Concurrent calls got each other's answers.");
      }
    },
  },
  {
    id: "DRV-CALL-CANCEL",
    title: "Cancelled calls do not change the plugin",
    rule: "the-calls",
    async run(subject) {
      const { driver } = await subject.peer();
      const name = subject.driver.name;
      const config = await subject.anyConfig();
      const calls = Array.from({ length: 20 }, (_, index) => {
        const cancel = new AbortController();
        const call = driver.validate({ driver: name, config }, { signal: cancel.signal }).catch(() => {});
        setTimeout(() => cancel.abort(), index);
        return call;
      });
      await Promise.all(calls);
      const again = driver.handshake(asHost, { timeoutMs: 10_000 });
      await mustSucceed("Handshake after cancelled calls", again);
    },
  },
  {
    id: "DRV-CALL-SIZE",
    title: "The plugin accepts messages up to its limit, and survives larger ones",
    rule: "limits",
    async run(subject) {
      const { limits } = await subject.open();
      const { driver } = await subject.peer();
      const limit = Number(limits?.maxMessageBytes ?? 0n) || defaultMessageBytes;
      const send = (bytes: number) => {
        const config = { node: "conformance", daemonFiles: { "buildkitd.toml": new Uint8Array(bytes) } };
        return driver.validate({ driver: subject.driver.name, config }, { timeoutMs: 30_000 });
      };
      const fits = Math.min(limit, maxTriedBytes) - (64 << 10);
      const error = await failureOf(send(fits));
      must(
        !error,
        `A message of ${fits} bytes is refused with ${error && codeName(error.code)}, although the limit is ${limit}.`,
      );
      // Larger messages may be accepted or refused.
      await send(Math.min(limit, 128 << 20) + (1 << 20)).catch(() => {});
      await driver.handshake(asHost, { timeoutMs: 10_000 });
    },
  },
  {
    id: "DRV-CALL-FIELDS",
    title: "The plugin ignores unknown fields of requests",
    rule: "compatibility",
    async run(subject) {
      const { driver } = await subject.peer();
      const name = subject.driver.name;
      const config = await subject.anyConfig();
      const unknownFields = [{ no: 19_001, wireType: 0, data: new Uint8Array([1]) }];
      const plain = await driver.validate({ driver: name, config });
      const request = create(ValidateRequestSchema, { driver: name, config });
      request.$unknown = unknownFields;
      request.config!.$unknown = unknownFields;
      const answer = await mustSucceed("Validate with an unknown field", driver.validate(request));
      delete answer.config?.$unknown;
      must(equals(ValidateResponseSchema, plain, answer), "An unknown field changes Validate's answer.");
    },
  },
  {
    id: "DRV-CALL-AUTHORITY",
    title: "The plugin ignores :authority",
    rule: "3-the-connection",
    async run(subject) {
      const peer = await subject.peer();
      const call = peer.calledBy("conformance.invalid").handshake(asHost, { timeoutMs: 10_000 });
      await mustSucceed("Handshake with another :authority", call);
    },
  },
  {
    id: "DRV-CALL-ENVIRONMENT",
    title: "Validate and ListImplicitBuilders use the request's environment, not that of the process",
    rule: "the-calls",
    process: true,
    when: {
      text: "environment variables",
      missing: ({ driver }) =>
        driver.environmentVariables.length > 0 ? undefined : "The driver uses no environment variables.",
    },
    async run(subject) {
      const { name, environmentVariables } = subject.driver;
      const environment = subject.backend?.environment ?? {};
      const config = { ...(await subject.anyConfig()), endpoint: "" };
      const answers = async ({ driver }: Peer) => ({
        Validate: await driver.validate({ driver: name, config, environment }),
        ...(has(subject, capabilityIds.implicitBuilders) && {
          ListImplicitBuilders: await driver.listImplicitBuilders({ driver: name, environment }),
        }),
      });
      const plain = await answers(await subject.peer());
      const own = Object.fromEntries(environmentVariables.map((variable) => [variable, deadAddress]));
      const other = await answers(await subject.processes.fresh({ env: own }).peer());
      for (const [rpc, answer] of Object.entries(plain)) {
        const same = isDeepStrictEqual(answer, other[rpc as keyof typeof other]);
        must(
          same,
          `${rpc} answers differently when ${environmentVariables.join(", ")} of the process differ.`,
        );
      }
    },
  },
];
