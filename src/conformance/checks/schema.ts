import { checkOptions } from "../../driver/options.js";
import { EndpointUse, OptionType } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { Check } from "../check.js";
import { must } from "../violation.js";

/** How the driver describes itself. */
export const schemaChecks: Check[] = [
  {
    id: "DRV-SCHEMA",
    title: "its description is complete: title, endpoint, and options with known types",
    rule: "options",
    async run(subject) {
      await subject.open();
      const { title, endpoint, options } = subject.driver;
      must(title, "the driver has no title");
      must(endpoint, "the driver does not say whether it takes endpoints");
      const forbidden = endpoint.use === EndpointUse.FORBIDDEN;
      must(!forbidden || endpoint.schemes.length === 0, "it forbids endpoints, and tells schemes of them");
      const names = options.map(({ name }) => name);
      must(new Set(names).size === names.length, `two options have the same name: ${names.join(", ")}`);
      for (const option of options) {
        must(/^[^\s=,*]+(\.\*)?$/.test(option.name), `"${option.name}" is no name of an option`);
        must(
          OptionType[option.type] !== undefined,
          `the option ${option.name} has the unknown type ${option.type}`,
        );
        must(option.description, `the option ${option.name} has no description`);
        const choice = option.type === OptionType.ENUM;
        must(
          !choice || option.allowedValues.length > 0,
          `the option ${option.name} is an ENUM without values`,
        );
      }
    },
  },
  {
    id: "DRV-SCHEMA-DEFAULTS",
    title: "the defaults of its options are values of their types, in normal form",
    rule: "options",
    async run(subject) {
      await subject.open();
      for (const option of subject.driver.options) {
        if (!option.defaultValue || option.name.endsWith(".*")) continue;
        const { name, defaultValue } = option;
        const { options, diagnostics } = checkOptions([option], { [name]: defaultValue });
        must(options[name] !== undefined, `the default of the option ${name}: ${diagnostics[0]?.message}`);
        const normal = options[name];
        must(
          normal === defaultValue,
          `the default ${defaultValue} of the option ${name} is ${normal} in normal form`,
        );
      }
    },
  },
];
