import type { Check } from "../check.js";
import { must } from "../report/violation.js";

/** Checks of plugins with several drivers. */
export const driversChecks: Check[] = [
  {
    id: "DRV-DRIVERS",
    title: "The drivers of a plugin are independent: each uses its own schema and capabilities",
    rule: "the-calls",
    when: {
      text: "several drivers",
      missing: ({ drivers }) => (drivers.length > 1 ? undefined : "The plugin has one driver."),
    },
    async run(subject) {
      const { drivers } = subject;
      const { driver } = await subject.peer();
      for (const one of drivers) {
        const own = new Set(one.options.map(({ name }) => name));
        const foreign = drivers.flatMap(({ options }) => options).find(({ name }) => !own.has(name));
        if (!foreign) continue;
        const options = { [foreign.name.replace(/\*$/, "conformance")]: foreign.defaultValue || "1" };
        const config = { builder: "conformance", node: "conformance", options };
        const { diagnostics } = await driver.validate({ driver: one.name, config });
        const found = diagnostics.some(({ reason }) => reason === "OPTION_UNKNOWN");
        must(
          found,
          `The driver ${one.name} accepts the option ${foreign.name}, which belongs to another driver.`,
        );
      }
    },
  },
];
