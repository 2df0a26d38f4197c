import { ConnectError } from "@connectrpc/connect";
import { InputError } from "../errors/input-error.js";
import { readTypedError } from "../errors/typed-error.js";
import { withTimeout } from "../util/with-timeout.js";
import { type BackendInit, toBackend } from "./backend.js";
import { formatError } from "./call-outcome.js";
import type { Check } from "./check.js";
import { checks } from "./checks/index.js";
import type { PluginCommand } from "./plugin-process.js";
import { type Report, type Result, resultOf } from "./report.js";
import { Subject } from "./subject.js";
import { Violation } from "./violation.js";

/** How long a check may take, in milliseconds. */
const timeoutMs = 60_000;
/** How long a check with a backend may take, in milliseconds; it may have to pull images. */
const backendTimeoutMs = 300_000;

/** The reason of checks that were not run. */
const needsConfig = "A node's configuration is needed.";

/** Options of {@link runConformance}. */
export interface ConformanceOptions extends PluginCommand {
  /** The driver; by default the plugin's first one. */
  driver?: string;
  /** A backend for the checks of the node's life cycle; without it these are not run. */
  backend?: BackendInit;
  /** Ids of the checks to run; by default all. */
  only?: readonly string[];
  /** Called after each check. */
  onResult?(result: Result): void;
}

/**
 * Checks a plugin against the driver protocol. Rejects only when `only` has an unknown check; everything that is wrong
 * with the plugin is in the report.
 */
export async function runConformance(options: ConformanceOptions): Promise<Report> {
  const { only, onResult } = options;
  const unknown = only?.find((id) => !checks.some((check) => check.id === id));
  if (unknown) {
    throw new InputError({
      reason: "CHECK_UNKNOWN",
      field: "only",
      message: `There is no check ${unknown}.`,
      remedy: "See the list of checks in docs/conformance.md, or run `slipway conformance --list`.",
    });
  }
  const subject = new Subject(options, options.driver, options.backend && toBackend(options.backend));
  const report: Report = { plugin: "", driver: options.driver ?? "", results: [] };
  const started = await subject.open().catch((cause: Error) => cause);
  if (started instanceof Error) {
    report.broken = started.message;
  } else {
    const { name = "", version = "" } = started.plugin?.peer ?? {};
    report.plugin = `${name} ${version}`.trim();
    report.driver = subject.driver.name;
  }
  try {
    for (const check of checks) {
      if (only && !only.includes(check.id)) continue;
      const result = await runCheck(check, subject, report.broken);
      report.results.push(result);
      onResult?.(result);
    }
  } finally {
    await subject.close().catch(() => {});
  }
  return report;
}

async function runCheck(check: Check, subject: Subject, broken: string | undefined): Promise<Result> {
  const start = performance.now();
  const result = (outcome: Result["outcome"], reason = "") =>
    resultOf(check, outcome, reason, performance.now() - start);
  const violated = check.level === "SHOULD" ? "warned" : "failed";
  if (broken && (check.when || check.backend || check.sample)) return result("not-run", broken);
  if (check.backend && !subject.backend) return result("not-run", needsConfig);
  if (check.sample && !(await subject.sample().catch(() => undefined))) return result("not-run", needsConfig);
  const skipped = check.when?.missing(subject);
  if (skipped) return result("skipped", skipped);
  const ms = check.backend ? backendTimeoutMs : timeoutMs;
  try {
    await withTimeout(ms, new AbortController().signal, (signal) =>
      Promise.race([check.run(subject), timedOut(signal, ms)]),
    );
    return result("passed");
  } catch (cause) {
    return result(violated, explain(cause));
  } finally {
    await subject.cleanUp();
  }
}

function timedOut(signal: AbortSignal, ms: number): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener("abort", () =>
      reject(new Violation(`The check did not end within ${ms / 1000} s.`)),
    ),
  );
}

function explain(cause: unknown): string {
  if (!(cause instanceof ConnectError)) return cause instanceof Error ? cause.message : String(cause);
  return `A call ended with ${formatError(readTypedError(cause))}.`;
}
