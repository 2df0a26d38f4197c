import { failureOf } from "../call-outcome.js";
import type { Check } from "../check.js";
import { must } from "../violation.js";
import { sensitiveOptions } from "./validate.js";

/** What it writes on stderr, in all the other checks. */
export const logChecks: Check[] = [
  {
    id: "DRV-LOG-SENSITIVE",
    title: "values of sensitive options are in no log, and in no error of a call",
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
          Dial: () => driver.dial(request, limit),
          Remove: () => driver.remove(request, limit),
        };
        for (const [rpc, call] of Object.entries(calls)) {
          const error = await failureOf(call());
          const leak = error && JSON.stringify(error).includes(subject.canary);
          must(!leak, `the value of the option ${name}, which is sensitive, is in the error of ${rpc}`);
        }
        const leak = (await subject.written()).includes(subject.canary);
        must(!leak, `the value of the option ${name} is in the plugin's log, although it is sensitive`);
      }
    },
  },
  {
    id: "DRV-LOG",
    title: "log lines in JSON have hclog's keys, all of them texts",
    rule: "5-logs",
    async run(subject) {
      for (const line of (await subject.written()).split("\n")) {
        const entry = parse(line);
        if (!entry) continue;
        for (const key of ["@level", "@message", "@timestamp"]) {
          must(typeof entry[key] === "string", `${key} is no text in the log line ${line}`);
        }
        must(
          entry["@module"] === undefined || typeof entry["@module"] === "string",
          `@module is no text in ${line}`,
        );
        const level = entry["@level"] as string;
        must(
          /^(trace|debug|info|warn|error)$/.test(level),
          `the level "${level}" of a log line is not known`,
        );
        const time = entry["@timestamp"] as string;
        const exact = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/.test(time);
        must(exact, `the time "${time}" of a log line is not RFC 3339 with six fractional digits`);
      }
    },
  },
];

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    // A line that only looks like JSON, or was cut where the kit stopped reading.
    return undefined;
  }
}
