import { type Check, must } from "../check.js";

/** What it writes on stderr, in all the other checks. */
export const logChecks: Check[] = [
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
