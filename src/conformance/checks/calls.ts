import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { readTypedError, type TypedError } from "../../errors.js";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { type Check, codeName, collect, must, mustFail } from "../check.js";
import type { Peer } from "../plugin-process.js";
import type { Subject } from "../subject.js";

/** grpc-go's limit, which holds for plugins that tell none, in bytes. */
const defaultMessageBytes = 4 << 20;
/** Larger messages are not tried below the limit. */
const largestTried = 16 << 20;

/** The calls about a node that every driver has. */
function nodeCalls({ driver }: Peer): Record<string, (request: { driver: string }) => Promise<unknown>> {
  return {
    Validate: (request) => driver.validate(request),
    Inspect: (request) => driver.inspect(request),
    Bootstrap: (request) => collect(driver.bootstrap(request)),
    Remove: (request) => driver.remove(request),
    Dial: (request) => driver.dial(request),
  };
}

async function refusals(subject: Subject): Promise<TypedError[]> {
  const calls = Object.values(nodeCalls(await subject.peer()));
  const errors = await Promise.all(
    calls.flatMap((call) =>
      ["conformance-unknown", subject.driver.name].map((driver) =>
        call({ driver }).then(() => undefined, readTypedError),
      ),
    ),
  );
  return errors.filter((error) => error !== undefined);
}

/** What holds for all calls. */
export const callChecks: Check[] = [
  {
    id: "DRV-CALL-DRIVER",
    title: "a call about a driver that it does not have is NOT_FOUND",
    rule: "errors",
    async run(subject) {
      for (const [rpc, call] of Object.entries(nodeCalls(await subject.peer()))) {
        const what = `${rpc} of an unknown driver`;
        await mustFail(what, call({ driver: "conformance-unknown" }), {
          code: Code.NotFound,
          reason: "DRIVER_UNKNOWN",
        });
      }
    },
  },
  {
    id: "DRV-CALL-CONFIG",
    title: "a call about a node without its configuration is INVALID_ARGUMENT",
    rule: "errors",
    async run(subject) {
      for (const [rpc, call] of Object.entries(nodeCalls(await subject.peer()))) {
        const what = `${rpc} without a configuration`;
        const expected = { code: Code.InvalidArgument, reason: "CONFIG_MISSING" };
        await mustFail(what, call({ driver: subject.driver.name }), expected);
      }
    },
  },
  {
    id: "DRV-CALL-ERRORS",
    title: "errors carry google.rpc.ErrorInfo of the drivers' domain, and a message",
    rule: "errors",
    async run(subject) {
      for (const { code, reason, domain, message } of await refusals(subject)) {
        must(
          domain === "driver.slipway.dev",
          `the error ${reason} has the domain "${domain ?? ""}"; expected driver.slipway.dev`,
        );
        must(
          /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(reason),
          `the reason "${reason}" is not in UPPER_SNAKE_CASE`,
        );
        must(message, `the error ${reason} (${codeName(code)}) has no message`);
      }
    },
  },
  {
    id: "DRV-CALL-CONCURRENT",
    title: "it answers many calls at the same time",
    rule: "the-calls",
    async run(subject) {
      const { driver } = await subject.peer();
      const name = subject.driver.name;
      const config = subject.named((await subject.sample()) ?? create(NodeConfigSchema));
      const calls = Array.from({ length: 50 }, (_, index) =>
        driver.validate(
          { driver: name, config: { ...config, options: { [`conformance-${index}`]: "1" } } },
          { timeoutMs: 30_000 },
        ),
      );
      for (const [index, { diagnostics }] of (await Promise.all(calls)).entries()) {
        const own = diagnostics.some(({ field }) => field === `options[conformance-${index}]`);
        must(own, "calls at the same time got each other's answers");
      }
    },
  },
  {
    id: "DRV-CALL-CANCEL",
    title: "calls that are cancelled leave it as it was",
    rule: "the-calls",
    async run(subject) {
      const { driver } = await subject.peer();
      const name = subject.driver.name;
      const config = subject.named((await subject.sample()) ?? create(NodeConfigSchema));
      const calls = Array.from({ length: 20 }, (_, index) => {
        const cancel = new AbortController();
        const call = driver.validate({ driver: name, config }, { signal: cancel.signal }).catch(() => {});
        setTimeout(() => cancel.abort(), index);
        return call;
      });
      await Promise.all(calls);
      const error = await driver.handshake({}, { timeoutMs: 10_000 }).then(() => undefined, readTypedError);
      must(
        !error,
        `after some calls were cancelled, Handshake ended with ${error?.reason}: ${error?.message}`,
      );
    },
  },
  {
    id: "DRV-CALL-SIZE",
    title: "it takes messages up to the limit that it tells, and survives larger ones",
    rule: "limits",
    async run(subject) {
      const { limits } = await subject.open();
      const { driver } = await subject.peer();
      const limit = Number(limits?.maxMessageBytes ?? 0n) || defaultMessageBytes;
      const send = (bytes: number) => {
        const config = { node: "conformance", daemonFiles: { "buildkitd.toml": new Uint8Array(bytes) } };
        return driver.validate({ driver: subject.driver.name, config }, { timeoutMs: 30_000 });
      };
      const fits = Math.min(limit, largestTried) - (64 << 10);
      const error = await send(fits).then(() => undefined, readTypedError);
      must(
        !error,
        `a message of ${fits} bytes is refused with ${error && codeName(error.code)}; the limit is ${limit}`,
      );
      // It may take more than it says.
      await send(Math.min(limit, 128 << 20) + (1 << 20)).catch(() => {});
      await driver.handshake({}, { timeoutMs: 10_000 });
    },
  },
];
