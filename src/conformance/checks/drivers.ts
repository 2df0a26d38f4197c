import type { Check } from "../check.js";
import { must } from "../violation.js";

/** A plugin with several drivers. */
export const driversChecks: Check[] = [
  {
    id: "DRV-DRIVERS",
    title: "the drivers of one plugin are independent: each goes by its own schema and capabilities",
    rule: "the-calls",
    when: {
      text: "several drivers",
      missing: ({ drivers }) => (drivers.length > 1 ? undefined : "the plugin has one driver"),
    },
    async run(subject) {
      const { drivers } = subject;
      const { driver } = await subject.peer();
      for (const one of drivers) {
        const own = new Set(one.options.map(({ name }) => name));
        const strange = drivers.flatMap(({ options }) => options).find(({ name }) => !own.has(name));
        if (!strange) continue;
        const options = { [strange.name.replace(/\*$/, "conformance")]: strange.defaultValue || "1" };
        const config = { builder: "conformance", node: "conformance", options };
        const { diagnostics } = await driver.validate({ driver: one.name, config });
        const found = diagnostics.some(({ reason }) => reason === "OPTION_UNKNOWN");
        must(found, `the driver ${one.name} takes the option ${strange.name}, which is another driver's`);
      }
    },
  },
];
