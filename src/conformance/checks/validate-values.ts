import { equals } from "@bufbuild/protobuf";
import { readTypedError } from "../../errors/typed-error.js";
import { type Diagnostic, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { OptionType } from "../../gen/slipway/common/v1/option_pb.js";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import type { Check } from "../check.js";
import { must } from "../report/violation.js";
import { mustFind, optionsThat, sensitiveOptions, unknown, validate } from "../validation.js";

/** A value by option type, and its normal form. */
const spellings: Partial<Record<OptionType, [string, string]>> = {
  [OptionType.BOOL]: ["T", "true"],
  [OptionType.INT]: ["+07", "7"],
  [OptionType.BYTES]: ["2k", "2048"],
  [OptionType.DURATION]: ["90s", "1m30s"],
  [OptionType.PATH]: ["/a/../b/.", "/b"],
};

/** Checks of how Validate treats option values. */
export const validateValuesChecks: Check[] = [
  {
    id: "DRV-VALIDATE-NORMAL",
    title: "Validate does not change a normal form, which has all defaults",
    rule: "the-calls",
    sample: true,
    async run(subject) {
      const first = await validate(subject, {});
      const found = first.diagnostics.map(({ field, message }) => `${field}: ${message}`).join(" ");
      must(first.config, `The configuration is refused: ${found}`);
      for (const { name, defaultValue } of subject.driver.options) {
        const applied = !defaultValue || name.endsWith(".*") || first.config.options[name] !== undefined;
        must(applied, `The default of the option ${name} is not applied.`);
      }
      const { driver } = await subject.peer();
      const environment = subject.backend?.environment ?? {};
      const again = await driver.validate({ driver: subject.driver.name, config: first.config, environment });
      must(again.config, "The normal form is refused.");
      must(equals(NodeConfigSchema, first.config, again.config), "Validate changes a normal form.");
    },
  },
  {
    id: "DRV-VALIDATE-SPELLING",
    title: "Validate returns option values in the normal form of their types",
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
        // The driver may refuse the value for its own reasons, for example because it needs another option.
        const isMalformed = diagnostics.some(
          ({ field, reason }) => field === `options[${name}]` && reason === "OPTION_INVALID",
        );
        if (!config && !isMalformed) continue;
        must(config, `The option ${name} does not accept ${given}: ${diagnostics[0]?.message}`);
        const value = config.options[name];
        must(
          value === normal,
          `The normal form of the option ${name} with the value ${given} is ${value}, expected ${normal}.`,
        );
      }
    },
  },
  {
    id: "DRV-VALIDATE-SECRETS",
    title: "No message of Validate contains a value of a sensitive option",
    rule: "options",
    when: sensitiveOptions,
    async run(subject) {
      for (const { name, sensitive } of subject.driver.options) {
        if (!sensitive) continue;
        const options = { [name.replace(/\*$/, "conformance")]: subject.canary, [unknown]: "1" };
        const answer = await validate(subject, { options }).catch(readTypedError);
        const { diagnostics = [], message = "" } = answer as { diagnostics?: Diagnostic[]; message?: string };
        const text = message + diagnostics.map((one) => one.message + one.remedy).join("\n");
        must(!text.includes(subject.canary), `A message contains the value of the sensitive option ${name}.`);
      }
    },
  },
  {
    id: "DRV-VALIDATE-REQUIRED",
    title: "Validate reports a missing required option, together with everything else",
    rule: "options",
    when: optionsThat("are required", "required options", ({ required }) => required),
    async run(subject) {
      const { config, diagnostics } = await validate(subject, { options: { [unknown]: "1" } });
      must(!config, "A configuration without a required option is accepted.");
      for (const { name, required, defaultValue } of subject.driver.options) {
        if (required && !defaultValue) mustFind(diagnostics, `options[${name}]`, "OPTION_REQUIRED");
      }
    },
  },
  {
    id: "DRV-VALIDATE-DEPRECATED",
    title: "A deprecated option still works, with a warning",
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
        must(warned, `There is no warning for the deprecated option ${name}.`);
      }
    },
  },
];
