import { isDeepStrictEqual } from "node:util";
import { create, equals } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { TypedError } from "../../errors/typed-error.js";
import { ValidateRequestSchema, ValidateResponseSchema } from "../../gen/slipway/driver/v1/driver_pb.js";
import { defaultMessageBytes } from "../../plugin-protocol/connection.js";
import { codeName, failureOf, mustBeTyped, mustFail, mustSucceed } from "../call-outcome.js";
import { type Check, has } from "../check.js";
import { asHost, type Peer } from "../plugin-process.js";
import { collect, only } from "../streams.js";
import { nowhere, type Subject } from "../subject.js";
import { must } from "../violation.js";
import { storeCalls } from "./image-store.js";

/** Larger messages are not tried below the limit. */
const largestTried = 16 << 20;

/** What a call about a node, or about a store, is given. */
type Request = { driver: string };

/** The calls about a node that a driver has. */
function nodeCalls(
  subject: Subject,
  { driver }: Peer,
): Record<string, (request: Request) => Promise<unknown>> {
  return {
    Validate: (request) => driver.validate(request),
    Inspect: (request) => driver.inspect(request),
    Bootstrap: (request) => collect(driver.bootstrap(request)),
    ...(has(subject, "builders.stop") && { Stop: (request) => driver.stop(request) }),
    Remove: (request) => driver.remove(request),
    Dial: (request) => driver.dial(request),
    ...(has(subject, "tunnel") && { Tunnel: (dial) => collect(driver.tunnel(only({ dial }))) }),
  };
}

/** The calls that name a driver, but no node. */
function otherCalls(subject: Subject, peer: Peer): Record<string, (request: Request) => Promise<unknown>> {
  return {
    ...(has(subject, "builders.implicit") && {
      ListImplicitBuilders: (request) => peer.driver.listImplicitBuilders(request),
    }),
    ...(has(subject, "image-store") && storeCalls(peer)),
  };
}

/** The errors of calls about an unknown driver, and about a node without its configuration. */
async function refusals(subject: Subject): Promise<[rpc: string, error: TypedError | undefined][]> {
  const calls = Object.entries(nodeCalls(subject, await subject.peer()));
  const attempts = calls.flatMap(([rpc, call]) =>
    ["conformance-unknown", subject.driver.name].map(
      async (driver): Promise<[string, TypedError | undefined]> => [rpc, await failureOf(call({ driver }))],
    ),
  );
  return Promise.all(attempts);
}

/** What holds for all calls. */
export const callChecks: Check[] = [
  {
    id: "DRV-CALL-DRIVER",
    title: "a call about a driver that it does not have is NOT_FOUND",
    rule: "errors",
    async run(subject) {
      const peer = await subject.peer();
      for (const [rpc, call] of Object.entries({
        ...nodeCalls(subject, peer),
        ...otherCalls(subject, peer),
      })) {
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
      const peer = await subject.peer();
      for (const [rpc, call] of Object.entries(nodeCalls(subject, peer))) {
        const what = `${rpc} without a configuration`;
        const expected = { code: Code.InvalidArgument, reason: "CONFIG_MISSING" };
        await mustFail(what, call({ driver: subject.driver.name }), expected);
      }
      if (!has(subject, "tunnel")) return;
      const what = "Tunnel without a first message that says what to dial";
      const expected = { code: Code.InvalidArgument, reason: "DIAL_MISSING" };
      await mustFail(what, collect(peer.driver.tunnel(only({}))), expected);
    },
  },
  {
    id: "DRV-CALL-ERRORS",
    title: "errors carry google.rpc.ErrorInfo of the drivers' domain, and a message",
    rule: "errors",
    async run(subject) {
      for (const [rpc, error] of await refusals(subject)) if (error) mustBeTyped(rpc, error);
    },
  },
  {
    id: "DRV-CALL-CONCURRENT",
    title: "it answers many calls at the same time",
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
      const config = await subject.anyConfig();
      const calls = Array.from({ length: 20 }, (_, index) => {
        const cancel = new AbortController();
        const call = driver.validate({ driver: name, config }, { signal: cancel.signal }).catch(() => {});
        setTimeout(() => cancel.abort(), index);
        return call;
      });
      await Promise.all(calls);
      const again = driver.handshake(asHost, { timeoutMs: 10_000 });
      await mustSucceed("Handshake after some calls were cancelled", again);
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
      const error = await failureOf(send(fits));
      must(
        !error,
        `a message of ${fits} bytes is refused with ${error && codeName(error.code)}; the limit is ${limit}`,
      );
      // It may take more than it says.
      await send(Math.min(limit, 128 << 20) + (1 << 20)).catch(() => {});
      await driver.handshake(asHost, { timeoutMs: 10_000 });
    },
  },
  {
    id: "DRV-CALL-FIELDS",
    title: "fields of requests that it does not know are ignored",
    rule: "compatibility",
    async run(subject) {
      const { driver } = await subject.peer();
      const name = subject.driver.name;
      const config = await subject.anyConfig();
      const strange = [{ no: 19_001, wireType: 0, data: new Uint8Array([1]) }];
      const plain = await driver.validate({ driver: name, config });
      const request = create(ValidateRequestSchema, { driver: name, config });
      request.$unknown = strange;
      request.config!.$unknown = strange;
      const answer = await mustSucceed("Validate with an unknown field", driver.validate(request));
      delete answer.config?.$unknown;
      must(equals(ValidateResponseSchema, plain, answer), "an unknown field changes Validate's answer");
    },
  },
  {
    id: "DRV-CALL-AUTHORITY",
    title: "it does not judge :authority, the host's name for it",
    rule: "3-the-connection",
    async run(subject) {
      const peer = await subject.peer();
      const call = peer.calledBy("conformance.invalid").handshake(asHost, { timeoutMs: 10_000 });
      await mustSucceed("Handshake with another :authority", call);
    },
  },
  {
    id: "DRV-CALL-ENVIRONMENT",
    title: "Validate and ListImplicitBuilders look at the request's environment, not at the process's own",
    rule: "the-calls",
    when: {
      text: "environment variables",
      missing: ({ driver }) =>
        driver.environmentVariables.length > 0 ? undefined : "the driver asks for no environment variables",
    },
    async run(subject) {
      const { name, environmentVariables } = subject.driver;
      const environment = subject.backend?.environment ?? {};
      const config = { ...(await subject.anyConfig()), endpoint: "" };
      const answers = async ({ driver }: Peer) => ({
        Validate: await driver.validate({ driver: name, config, environment }),
        ...(has(subject, "builders.implicit") && {
          ListImplicitBuilders: await driver.listImplicitBuilders({ driver: name, environment }),
        }),
      });
      const plain = await answers(await subject.peer());
      const own = Object.fromEntries(environmentVariables.map((variable) => [variable, nowhere]));
      const other = await answers(await subject.fresh({ env: own }).peer());
      for (const [rpc, answer] of Object.entries(plain)) {
        const same = isDeepStrictEqual(answer, other[rpc as keyof typeof other]);
        must(same, `${rpc} answers differently when ${environmentVariables.join(", ")} of the plugin differ`);
      }
    },
  },
];
