import { Code } from "@connectrpc/connect";
import { encodeError } from "../../../errors/typed-error.js";
import type { StartBuildRequest } from "../../../gen/slipway/v1/build_pb.js";
import type { NegotiateRequest } from "../../../gen/slipway/v1/host_pb.js";
import { must } from "../../report/violation.js";
import type { ClientCheck } from "../check.js";
import type { ScriptedHost } from "../scripted-host.js";
import { standardOffer } from "../standard-script.js";
import { aBuild, errorOf, resultOf } from "../subject.js";

/** A variable that the scripted host asks for. */
const variable = "SLIPWAY_CONFORMANCE_VARIABLE";

/** Checks of the first call. */
export const negotiationChecks: ClientCheck[] = [
  {
    id: "CLI-NEGOTIATE",
    title: "The first call is Negotiate, with the client's name and version",
    rule: "api.md#negotiation",
    async run(subject) {
      const { host, env } = await subject.host();
      resultOf("A build", await subject.run(aBuild, env));
      const [first] = host.calls;
      must(first?.method === "Negotiate", `The first call was ${first?.method ?? "none"}.`);
      const { client } = first.request as NegotiateRequest;
      must(client?.name && client.version, "Negotiate has no name and version of the client.");
    },
  },
  {
    id: "CLI-NEGOTIATE-REQUIRED",
    title: "What the client requires is in Negotiate; a refusal is reported by name and ends the work",
    rule: "api.md#negotiation",
    async run(subject) {
      const missing = "conformance.missing";
      const { host, env } = await subject.host({
        negotiate({ requiredCapabilities }) {
          if (!requiredCapabilities.includes(missing)) return standardOffer;
          throw encodeError({
            code: Code.FailedPrecondition,
            reason: "CAPABILITY_REQUIRED",
            message: `The host lacks ${missing}.`,
            metadata: { capabilities: missing },
          });
        },
      });
      const task = { ...aBuild, requiredCapabilities: ["builds", missing] };
      const { reason, metadata } = errorOf("A build with a missing capability", await subject.run(task, env));
      const { requiredCapabilities } = negotiation(host);
      must(
        requiredCapabilities.includes("builds"),
        `Negotiate requires ${requiredCapabilities.join(", ")}, expected builds, too.`,
      );
      must(
        reason === "CAPABILITY_REQUIRED",
        `The reported reason is "${reason}", expected CAPABILITY_REQUIRED.`,
      );
      must(metadata.capabilities === missing, "The reported metadata do not name the missing capability.");
      must(host.callsOf("StartBuild").length === 0, "The client started a build after the refusal.");
    },
  },
  {
    id: "CLI-NEGOTIATE-UNKNOWN",
    title: "Capabilities that the client does not know are ignored",
    rule: "api.md#negotiation",
    async run(subject) {
      const unknown = { id: "conformance.unknown", settings: { depth: { list: [1, "two", null] } } };
      const { env } = await subject.host({
        negotiate: () => ({ ...standardOffer, capabilities: [unknown, ...standardOffer.capabilities] }),
      });
      resultOf("A build on a host with an unknown capability", await subject.run(aBuild, env));
    },
  },
  {
    id: "CLI-ENVIRONMENT",
    title: "Requests have the variables that the host asks for and that are set, and no others",
    rule: "api.md#negotiation",
    async run(subject) {
      const variables = [variable, "SLIPWAY_CONFORMANCE_UNSET"];
      const { host, env } = await subject.host({
        negotiate: () => ({ ...standardOffer, environment: { variables } }),
      });
      resultOf("A build", await subject.run(aBuild, { ...env, [variable]: "value" }));
      const sent = environmentOf(host);
      must(sent[variable] === "value", `StartBuild does not have the variable that the host asked for.`);
      const others = Object.keys(sent).filter((name) => name !== variable);
      must(
        others.length === 0,
        `StartBuild has the variables ${others.join(", ")}, which are not set or not asked for.`,
      );

      const silent = await subject.tcpHost();
      resultOf("A build", await subject.run(aBuild, { ...silent.env, [variable]: "value" }));
      const names = Object.keys(environmentOf(silent.host));
      must(
        names.length === 0,
        `StartBuild has the variables ${names.join(", ")}, although the host asked for none.`,
      );
    },
  },
];

function negotiation(host: ScriptedHost): NegotiateRequest {
  const call = host.callsOf("Negotiate")[0];
  must(call, "The client did not call Negotiate.");
  return call.request as NegotiateRequest;
}

function environmentOf(host: ScriptedHost): Record<string, string> {
  const call = host.callsOf("StartBuild")[0];
  must(call, "The client did not call StartBuild.");
  return (call.request as StartBuildRequest).spec?.environment ?? {};
}
