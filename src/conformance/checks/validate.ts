import { equals, type MessageInitShape } from "@bufbuild/protobuf";
import { readTypedError } from "../../errors/typed-error.js";
import { EndpointUse, type OptionDescriptor, OptionType } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { type Diagnostic, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import { type NodeConfig, NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { isReason } from "../call-outcome.js";
import { type Check, type Condition, has, needs } from "../check.js";
import type { Subject } from "../subject.js";
import { must } from "../violation.js";

/** A value that no option of a type takes; types that take any text have none. */
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

/** Two spellings of a value; the second is the normal form. */
const spellings: Partial<Record<OptionType, [string, string]>> = {
  [OptionType.BOOL]: ["T", "true"],
  [OptionType.INT]: ["+07", "7"],
  [OptionType.BYTES]: ["2k", "2048"],
  [OptionType.DURATION]: ["90s", "1m30s"],
  [OptionType.PATH]: ["/a/../b/.", "/b"],
};

const unknown = "conformance-unknown";

async function validate(subject: Subject, config: MessageInitShape<typeof NodeConfigSchema>) {
  const { driver } = await subject.peer();
  const environment = subject.backend?.environment ?? {};
  const named = subject.named({ ...(await subject.sample()), ...config } as NodeConfig);
  return driver.validate({ driver: subject.driver.name, config: named, environment });
}

/** Names of options for trying values: those of families get a member's. */
function typedOptions(subject: Subject): [name: string, option: OptionDescriptor, bad: string][] {
  return subject.driver.options.flatMap((option) => {
    const bad = badValues[option.type];
    const name = option.name.replace(/\*$/, "conformance");
    return bad === undefined ? [] : [[name, option, bad]];
  });
}

function mustFind(diagnostics: Diagnostic[], field: string, reason: string): void {
  const about = diagnostics.filter((one) => one.field === field);
  const said = about.map((one) => one.reason).join(", ") || "nothing";
  must(
    about.some((one) => one.reason === reason && one.severity === Severity.ERROR),
    `it says ${said} of ${field}; expected the error ${reason}`,
  );
}

/** Holds for drivers with options of a kind. */
function optionsThat(
  are: string,
  text: string,
  fits: (option: OptionDescriptor) => boolean | undefined,
): Condition {
  const missing = ({ driver }: Subject) => (driver.options.some(fits) ? undefined : `no options ${are}`);
  return { text, missing };
}

/** Holds for drivers with secrets among their options. */
export const sensitiveOptions = optionsThat(
  "are sensitive",
  "sensitive options",
  ({ sensitive }) => sensitive,
);

/** All fields that a diagnostic can be about, when a configuration was sent. */
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

/** Validate. */
export const validateChecks: Check[] = [
  {
    id: "DRV-VALIDATE-UNKNOWN",
    title: "Validate refuses an unknown option by name",
    rule: "options",
    async run(subject) {
      const options = { ...(await subject.sample())?.options, [unknown]: "1" };
      const { config, diagnostics } = await validate(subject, { options });
      must(!config, "a configuration with an unknown option is accepted");
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
    title: "diagnostics have a severity, a stable reason, a field and a message",
    rule: "the-calls",
    async run(subject) {
      const { diagnostics } = await validate(subject, { options: { [unknown]: "1" } });
      for (const { severity, reason, field, message } of diagnostics) {
        must(
          Severity[severity] && severity !== Severity.UNSPECIFIED,
          `the severity ${severity} is not known`,
        );
        must(isReason(reason), `the reason "${reason}" is not in UPPER_SNAKE_CASE`);
        must(message, `the diagnostic ${reason} has no message`);
        must(field, `the diagnostic ${reason} names no field`);
      }
    },
  },
  {
    id: "DRV-VALIDATE-ENDPOINT",
    title: "Validate holds endpoints against the rules that the driver told of them",
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
        must(reasons.includes("ENDPOINT_FORBIDDEN"), "an endpoint is accepted, although they are forbidden");
      } else if (schemes.length > 0) {
        const reasons = await reasonsFor("conformance-unknown://x");
        must(reasons.length > 0, `an endpoint with another scheme than ${schemes.join(", ")} is accepted`);
      }
      // With one of the user's environment it may be optional all the same.
      const hasDefault = subject.driver.environmentVariables.length > 0;
      if (use === EndpointUse.REQUIRED && !hasDefault) {
        const reasons = await reasonsFor("");
        must(
          reasons.includes("ENDPOINT_REQUIRED"),
          "a node without an endpoint is accepted, although it is required",
        );
      }
    },
  },
  {
    id: "DRV-VALIDATE-DAEMON",
    title: "Validate refuses flags and files for a daemon, unless it advertises that it uses them",
    rule: "options",
    when: {
      text: "no daemon.flags or daemon.config",
      missing: (subject) =>
        has(subject, "daemon.flags") && has(subject, "daemon.config") ? "the driver takes both" : undefined,
    },
    async run(subject) {
      const daemonFiles = { "buildkitd.toml": Buffer.from("debug = true\n") };
      const { diagnostics } = await validate(subject, { daemonFlags: ["--debug"], daemonFiles });
      if (!has(subject, "daemon.flags")) mustFind(diagnostics, "daemon_flags", "DAEMON_FLAGS_UNSUPPORTED");
      if (!has(subject, "daemon.config"))
        mustFind(diagnostics, "daemon_files[buildkitd.toml]", "DAEMON_CONFIG_UNSUPPORTED");
    },
  },
  {
    id: "DRV-VALIDATE-NORMAL",
    title: "the normal form of a normal form is itself, with the defaults in it",
    rule: "the-calls",
    sample: true,
    async run(subject) {
      const first = await validate(subject, {});
      const found = first.diagnostics.map(({ field, message }) => `${field}: ${message}`).join("; ");
      must(first.config, `the configuration is refused: ${found}`);
      for (const { name, defaultValue } of subject.driver.options) {
        const applied = !defaultValue || name.endsWith(".*") || first.config.options[name] !== undefined;
        must(applied, `the default of the option ${name} is not applied`);
      }
      const { driver } = await subject.peer();
      const environment = subject.backend?.environment ?? {};
      const again = await driver.validate({ driver: subject.driver.name, config: first.config, environment });
      must(again.config, "the normal form is refused");
      must(equals(NodeConfigSchema, first.config, again.config), "validating a normal form changes it");
    },
  },
  {
    id: "DRV-VALIDATE-SPELLING",
    title: "values of options are brought to the normal forms of their types",
    rule: "options",
    sample: true,
    when: optionsThat(
      "have a type with more than one spelling",
      "options with spellings",
      ({ type, sensitive }) => spellings[type] !== undefined && !sensitive,
    ),
    async run(subject) {
      for (const { name, type } of subject.driver.options) {
        const [given, normal] = spellings[type] ?? [];
        if (given === undefined || name.endsWith(".*")) continue;
        const { config, diagnostics } = await validate(subject, {
          options: { ...(await subject.sample())!.options, [name]: given },
        });
        // What the driver itself does not like of the value is its own business.
        if (!config && !diagnostics.some(({ reason }) => reason === "OPTION_INVALID")) continue;
        must(config, `the option ${name} does not take ${given}: ${diagnostics[0]?.message}`);
        const value = config.options[name];
        must(
          value === normal,
          `the option ${name} with the value ${given} is ${value} in normal form; expected ${normal}`,
        );
      }
    },
  },
  {
    id: "DRV-VALIDATE-SECRETS",
    title: "values of sensitive options are in no message of Validate",
    rule: "options",
    when: sensitiveOptions,
    async run(subject) {
      for (const { name, sensitive } of subject.driver.options) {
        if (!sensitive) continue;
        const options = { [name.replace(/\*$/, "conformance")]: subject.canary, [unknown]: "1" };
        const answer = await validate(subject, { options }).catch(readTypedError);
        const { diagnostics = [], message = "" } = answer as { diagnostics?: Diagnostic[]; message?: string };
        const text = message + diagnostics.map((one) => one.message + one.remedy).join("\n");
        must(
          !text.includes(subject.canary),
          `the value of the option ${name} is in a message, although it is sensitive`,
        );
      }
    },
  },
  {
    id: "DRV-VALIDATE-FIELDS",
    title: "the fields of diagnostics are paths into the configuration that was sent",
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
      must(diagnostics.length > 0, "a configuration in which everything is wrong is accepted");
      for (const { field, reason } of diagnostics) {
        const known = fieldsOf(subject, sent);
        must(
          known.has(field),
          `the diagnostic ${reason} is about "${field}", which is no field that was sent`,
        );
      }
    },
  },
  {
    id: "DRV-VALIDATE-REQUIRED",
    title: "a required option that is missing is reported, together with all else",
    rule: "options",
    when: optionsThat("are required", "required options", ({ required }) => required),
    async run(subject) {
      const { config, diagnostics } = await validate(subject, { options: { [unknown]: "1" } });
      must(!config, "a configuration without a required option is accepted");
      for (const { name, required, defaultValue } of subject.driver.options) {
        if (required && !defaultValue) mustFind(diagnostics, `options[${name}]`, "OPTION_REQUIRED");
      }
    },
  },
  {
    id: "DRV-VALIDATE-DEPRECATED",
    title: "an option that is deprecated still works, with a warning",
    rule: "options",
    sample: true,
    when: optionsThat("are deprecated", "deprecated options", ({ deprecation }) => deprecation !== ""),
    async run(subject) {
      for (const { name, deprecation, type } of subject.driver.options) {
        const [value] = spellings[type] ?? ["conformance"];
        if (!deprecation || type === OptionType.ENUM) continue;
        const options = { ...(await subject.sample())!.options, [name]: value };
        const { diagnostics } = await validate(subject, { options });
        const warned = diagnostics.some(
          ({ field, reason, severity }) =>
            field === `options[${name}]` && reason === "OPTION_DEPRECATED" && severity === Severity.WARNING,
        );
        must(warned, `the option ${name} is deprecated, and nobody is warned of it`);
      }
    },
  },
  {
    id: "DRV-VALIDATE-FILES",
    title: "files for a daemon stay in its folder, and a configuration that cannot be read is refused",
    rule: "options",
    when: needs("daemon.config"),
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
