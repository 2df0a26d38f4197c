import { failureOf } from "../call-outcome.js";
import type { Check } from "../check.js";
import { tryAcquire } from "../leases.js";
import { must } from "../report/violation.js";
import { sensitiveOptions } from "../validation.js";

/** Checks of what the plugin wrote to stderr in all other checks. */
export const logChecks: Check[] = [
  {
    id: "DRV-LOG-SENSITIVE",
    title: "No log and no error contains a value of a sensitive option",
    rule: "5-logs",
    when: sensitiveOptions,
    async run(subject) {
      const { driver } = await subject.peer();
      const given = await subject.anyConfig();
      for (const { name, sensitive } of subject.driver.options) {
        if (!sensitive) continue;
        const options = { ...given.options, [name.replace(/\*$/, "conformance")]: subject.canary };
        const request = {
          driver: subject.driver.name,
          config: { ...given, node: "conformance-log", options },
        };
        const limit = { timeoutMs: 10_000 };
        const calls = {
          Validate: () => driver.validate(request, limit),
          Inspect: () => driver.inspect(request, limit),
          Acquire: () => tryAcquire(driver, request, limit),
          Remove: () => driver.remove(request, limit),
        };
        for (const [rpc, call] of Object.entries(calls)) {
          const error = await failureOf(call());
          const leak = error && JSON.stringify(error).includes(subject.canary);
          must(!leak, `The error of ${rpc} contains the value of the sensitive option ${name}.`);
        }
        const leak = (await subject.processes.written()).includes(subject.canary);
        must(!leak, `The plugin's log contains the value of the sensitive option ${name}.`);
      }
    },
  },
  {
    id: "DRV-LOG",
    title: "Log lines in JSON have hclog's keys with string values",
    rule: "5-logs",
    process: true,
    async run(subject) {
      for (const line of (await subject.processes.written()).split("\n")) {
        const entry = parse(line);
        if (!entry) continue;
        for (const key of ["@level", "@message", "@timestamp"]) {
          must(typeof entry[key] === "string", `${key} is not a string in the log line ${line}.`);
        }
        must(
          entry["@module"] === undefined || typeof entry["@module"] === "string",
          `@module is not a string in the log line ${line}.`,
        );
        const level = entry["@level"] as string;
        must(/^(trace|debug|info|warn|error)$/.test(level), `A log line has the unknown level "${level}".`);
        const time = entry["@timestamp"] as string;
        const exact = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/.test(time);
        must(exact, `The time "${time}" of a log line is not RFC 3339 with six fractional digits.`);
      }
    },
  },
];

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    // The line is not JSON, or was truncated where the kit stopped reading.
    return undefined;
  }
}
