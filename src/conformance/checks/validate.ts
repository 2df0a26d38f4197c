import { equals, type MessageInitShape } from "@bufbuild/protobuf";
import { readTypedError } from "../../errors.js";
import { EndpointUse, type OptionDescriptor, OptionType } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { type Diagnostic, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import { type NodeConfig, NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { type Check, type Condition, has, must } from "../check.js";
import type { Subject } from "../subject.js";

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

/** Holds for drivers with secrets among their options. */
export const sensitiveOptions: Condition = {
  text: "sensitive options",
  missing: ({ driver }) =>
    driver.options.some(({ sensitive }) => sensitive) ? undefined : "no option is sensitive",
};

/** Validate. */
export const validateChecks: Check[] = [
  {
    id: "DRV-VALIDATE-UNKNOWN",
    title: "Validate refuses an unknown option by name",
    rule: "options",
    async run(subject) {
      const { config, diagnostics } = await validate(subject, { options: { [unknown]: "1" } });
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
        must(
          /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(reason),
          `the reason "${reason}" is not in UPPER_SNAKE_CASE`,
        );
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
    when: {
      text: "options with spellings",
      missing: ({ driver }) =>
        driver.options.some(({ type, sensitive }) => spellings[type] && !sensitive)
          ? undefined
          : "no option has a type with more than one spelling",
    },
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
];
