import type { MessageInitShape } from "@bufbuild/protobuf";
import { Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { EndpointUse } from "../../gen/slipway/common/v1/endpoint_pb.js";
import { type OptionDescriptor, OptionType } from "../../gen/slipway/common/v1/option_pb.js";
import type { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { isReason } from "../call-outcome.js";
import { type Check, has, needs } from "../check.js";
import { must } from "../report/violation.js";
import type { Subject } from "../subject.js";
import { mustFind, unknown, validate } from "../validation.js";

/** An invalid value by option type; types that accept any text have none. */
const badValues: Partial<Record<OptionType, string>> = {
  [OptionType.BOOL]: "perhaps",
  [OptionType.INT]: "many",
  [OptionType.BYTES]: "heaps",
  [OptionType.DURATION]: "long",
  [OptionType.QUANTITY]: "plenty",
  [OptionType.ENUM]: "none-of-these",
  [OptionType.PATH]: "not/absolute",
  [OptionType.MAP]: "no-pairs",
};

/** Options with an invalid value; a name with a wildcard gets a concrete one. */
function typedOptions(subject: Subject): [name: string, option: OptionDescriptor, bad: string][] {
  return subject.driver.options.flatMap((option) => {
    const bad = badValues[option.type];
    const name = option.name.replace(/\*$/, "conformance");
    return bad === undefined ? [] : [[name, option, bad]];
  });
}

/** All valid fields of diagnostics for a configuration. */
function fieldsOf({ driver }: Subject, sent: MessageInitShape<typeof NodeConfigSchema>): Set<string> {
  const keys = (name: string, map: object = {}) => Object.keys(map).map((key) => `${name}[${key}]`);
  return new Set([
    ...["builder", "node", "endpoint", "options", "daemon_flags", "daemon_files", "platforms"],
    ...driver.options.map(({ name }) => `options[${name}]`),
    ...keys("options", sent.options),
    ...keys("daemon_files", sent.daemonFiles),
    ...keys("daemon_flags", sent.daemonFlags),
    ...keys("platforms", sent.platforms),
  ]);
}

/** Checks of Validate. */
export const validateChecks: Check[] = [
  {
    id: "DRV-VALIDATE-UNKNOWN",
    title: "Validate refuses an unknown option by name",
    rule: "options",
    async run(subject) {
      const options = { ...(await subject.sample())?.options, [unknown]: "1" };
      const { config, diagnostics } = await validate(subject, { options });
      must(!config, "A configuration with an unknown option is accepted.");
      mustFind(diagnostics, `options[${unknown}]`, "OPTION_UNKNOWN");
    },
  },
  {
    id: "DRV-VALIDATE-ALL",
    title: "Validate reports everything that is wrong at once, each with its field",
    rule: "the-calls",
    async run(subject) {
      const typed = typedOptions(subject);
      const bad = Object.fromEntries(typed.map(([name, , value]) => [name, value]));
      const options = { ...bad, [unknown]: "1", [`${unknown}-too`]: "2" };
      const { diagnostics } = await validate(subject, { options });
      for (const [name] of typed) mustFind(diagnostics, `options[${name}]`, "OPTION_INVALID");
      for (const name of [unknown, `${unknown}-too`])
        mustFind(diagnostics, `options[${name}]`, "OPTION_UNKNOWN");
    },
  },
  {
    id: "DRV-VALIDATE-SHAPE",
    title: "Diagnostics have a severity, a stable reason, a field and a message",
    rule: "the-calls",
    async run(subject) {
      const { diagnostics } = await validate(subject, { options: { [unknown]: "1" } });
      for (const { severity, reason, field, message } of diagnostics) {
        must(Severity[severity] && severity !== Severity.UNSPECIFIED, `The severity ${severity} is unknown.`);
        must(isReason(reason), `The reason "${reason}" is not in UPPER_SNAKE_CASE.`);
        must(message, `The diagnostic ${reason} has no message.`);
        must(field, `The diagnostic ${reason} has no field.`);
      }
    },
  },
  {
    id: "DRV-VALIDATE-ENDPOINT",
    title: "Validate checks endpoints against the driver's description",
    rule: "options",
    async run(subject) {
      await subject.open();
      const { use = EndpointUse.OPTIONAL, schemes = [] } = subject.driver.endpoint ?? {};
      const reasonsFor = async (endpoint: string) => {
        const { diagnostics } = await validate(subject, { endpoint });
        return diagnostics.filter(({ field }) => field === "endpoint").map(({ reason }) => reason);
      };
      if (use === EndpointUse.FORBIDDEN) {
        const reasons = await reasonsFor("tcp://127.0.0.1:1");
        must(
          reasons.includes("ENDPOINT_FORBIDDEN"),
          "An endpoint is accepted, although endpoints are forbidden.",
        );
      } else if (schemes.length > 0) {
        const reasons = await reasonsFor("conformance-unknown://x");
        must(reasons.length > 0, `An endpoint with another scheme than ${schemes.join(", ")} is accepted.`);
      }
      // A variable of the environment may replace the endpoint.
      const hasDefault = subject.driver.environmentVariables.length > 0;
      if (use === EndpointUse.REQUIRED && !hasDefault) {
        const reasons = await reasonsFor("");
        must(
          reasons.includes("ENDPOINT_REQUIRED"),
          "A node without an endpoint is accepted, although an endpoint is required.",
        );
      }
    },
  },
  {
    id: "DRV-VALIDATE-DAEMON",
    title: "Validate refuses daemon flags and files unless the driver advertises them",
    rule: "options",
    when: {
      text: "no daemon.flags or daemon.config",
      missing: (subject) =>
        has(subject, capabilityIds.daemonFlags) && has(subject, capabilityIds.daemonConfig)
          ? "The driver accepts both."
          : undefined,
    },
    async run(subject) {
      const daemonFiles = { "buildkitd.toml": Buffer.from("debug = true\n") };
      const { diagnostics } = await validate(subject, { daemonFlags: ["--debug"], daemonFiles });
      if (!has(subject, capabilityIds.daemonFlags))
        mustFind(diagnostics, "daemon_flags", "DAEMON_FLAGS_UNSUPPORTED");
      if (!has(subject, capabilityIds.daemonConfig))
        mustFind(diagnostics, "daemon_files[buildkitd.toml]", "DAEMON_CONFIG_UNSUPPORTED");
    },
  },
  {
    id: "DRV-VALIDATE-FIELDS",
    title: "The fields of diagnostics are paths in the request's configuration",
    rule: "the-calls",
    async run(subject) {
      const sent = {
        options: { ...(await subject.sample())?.options, [unknown]: "1" },
        daemonFlags: ["--conformance-unknown"],
        daemonFiles: { "buildkitd.toml": Buffer.from("[conformance") },
        endpoint: "conformance-unknown://x",
        platforms: ["conformance/unknown"],
      };
      const { diagnostics } = await validate(subject, sent);
      must(diagnostics.length > 0, "A configuration with only invalid settings is accepted.");
      for (const { field, reason } of diagnostics) {
        const known = fieldsOf(subject, sent);
        must(
          known.has(field),
          `The diagnostic ${reason} has the field "${field}", which is not in the request.`,
        );
      }
    },
  },
  {
    id: "DRV-VALIDATE-FILES",
    title: "Validate refuses daemon files outside the folder, and an unreadable configuration",
    rule: "options",
    when: needs(capabilityIds.daemonConfig),
    async run(subject) {
      const content = Buffer.from("x");
      for (const path of ["../conformance", "/etc/conformance", "certs/../../conformance"]) {
        const { diagnostics } = await validate(subject, { daemonFiles: { [path]: content } });
        mustFind(diagnostics, `daemon_files[${path}]`, "DAEMON_FILE_PATH_INVALID");
      }
      const broken = { "buildkitd.toml": Buffer.from("debug = \n") };
      const { diagnostics } = await validate(subject, { daemonFiles: broken });
      mustFind(diagnostics, "daemon_files[buildkitd.toml]", "DAEMON_CONFIG_INVALID");
    },
  },
];
