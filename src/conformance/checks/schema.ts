import { checkOptions } from "../../driver/options.js";
import { EndpointUse } from "../../gen/slipway/common/v1/endpoint_pb.js";
import { OptionType } from "../../gen/slipway/common/v1/option_pb.js";
import type { Check } from "../check.js";
import { must } from "../report/violation.js";

/** Checks of the driver's description. */
export const schemaChecks: Check[] = [
  {
    id: "DRV-SCHEMA",
    title: "The driver's description is complete: title, endpoint, and options with known types",
    rule: "options",
    async run(subject) {
      await subject.open();
      const { title, endpoint, options, configVersion } = subject.driver;
      must(title, "The driver has no title.");
      must(endpoint, "The driver does not describe its endpoints.");
      const forbidden = endpoint.use === EndpointUse.FORBIDDEN;
      must(!forbidden || endpoint.schemes.length === 0, "The driver forbids endpoints, but lists schemes.");
      must(configVersion >= 0, `The driver has the config_version ${configVersion}.`);
      const names = options.map(({ name }) => name);
      must(new Set(names).size === names.length, `Two options have the same name: ${names.join(", ")}.`);
      for (const option of options) {
        must(/^[^\s=,*]+(\.\*)?$/.test(option.name), `"${option.name}" is not a valid option name.`);
        must(
          OptionType[option.type] !== undefined,
          `The option ${option.name} has the unknown type ${option.type}.`,
        );
        must(option.description, `The option ${option.name} has no description.`);
        const isEnum = option.type === OptionType.ENUM;
        must(
          !isEnum || option.allowedValues.length > 0,
          `The option ${option.name} is an ENUM without values.`,
        );
      }
    },
  },
  {
    id: "DRV-SCHEMA-DEFAULTS",
    title: "The defaults of options are valid values in normal form",
    rule: "options",
    async run(subject) {
      await subject.open();
      for (const option of subject.driver.options) {
        if (!option.defaultValue || option.name.endsWith(".*")) continue;
        const { name, defaultValue } = option;
        const { options, diagnostics } = checkOptions([option], { [name]: defaultValue });
        must(
          options[name] !== undefined,
          `The default of the option ${name} is invalid: ${diagnostics[0]?.message}`,
        );
        const normal = options[name];
        must(
          normal === defaultValue,
          `The default ${defaultValue} of the option ${name} is not in normal form, which is ${normal}.`,
        );
      }
    },
  },
];
