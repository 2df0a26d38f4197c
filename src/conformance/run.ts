import { ConnectError } from "@connectrpc/connect";
import { readTypedError } from "../errors/typed-error.js";
import { type BackendInit, toBackend } from "./backend.js";
import { formatError } from "./call-outcome.js";
import { type Check, describeCheck } from "./check.js";
import { checks } from "./checks/index.js";
import { type Ending, type Report, type Result, resultOf } from "./report/report.js";
import { inTime, selectChecks } from "./report/run-checks.js";
import { UnhandledErrors } from "./report/unhandled-errors.js";
import { Subject } from "./subject.js";
import type { PluginSource } from "./subject-processes.js";

/** How long a check may take, in milliseconds. */
const timeoutMs = 60_000;
/** How long a check with a backend may take, in milliseconds; it may have to pull images. */
const backendTimeoutMs = 300_000;

/** The reason of checks that were not run. */
const needsConfig = "A node's configuration is needed.";

/** The reason of checks that need a process of the kit's own. */
const notStarted = "The kit has not started the plugin.";

/** Options of {@link runConformance}: a command that starts the plugin, or how to attach one that runs. */
export type ConformanceOptions = PluginSource & ReportOptions;

/** What to check, and how. */
export interface ReportOptions {
  /** The driver; by default the plugin's first one. */
  driver?: string;
  /** A backend for the checks of the node's life cycle; without it these are not run. */
  backend?: BackendInit;
  /** Ids of the checks to run; by default all. */
  only?: readonly string[];
  /** Called after each check. */
  onResult?(result: Result): void;
}

/** The results of a plugin. */
export interface DriverReport extends Report {
  /** Name and version of the plugin; empty when it could not be started. */
  plugin: string;
  /** The checked driver. */
  driver: string;
}

/**
 * Checks a plugin against the driver protocol. Rejects only when `only` has an unknown check; everything that is wrong
 * with the plugin is in the report. During the run, an error of the process that no code handles fails the check that
 * runs.
 */
export async function runConformance(options: ConformanceOptions): Promise<DriverReport> {
  const { only, onResult } = options;
  const selected = selectChecks(checks, only, "slipway conformance --list");
  const subject = new Subject(options, options.driver, options.backend && toBackend(options.backend));
  const report: DriverReport = { subject: "", plugin: "", driver: options.driver ?? "", results: [] };
  const errors = new UnhandledErrors();
  const started = await errors.guard(subject.open()).catch((cause: Error) => cause);
  if (started instanceof Error) {
    report.broken = started.message;
  } else {
    const { name = "", version = "" } = started.plugin?.peer ?? {};
    report.plugin = `${name} ${version}`.trim();
    report.driver = subject.driver.name;
    report.subject = `${report.plugin}, driver ${report.driver}`;
  }
  try {
    for (const check of selected) {
      const result = await runCheck(check, { subject, errors, broken: report.broken });
      report.results.push(result);
      onResult?.(result);
    }
  } finally {
    await subject.close().catch(() => {});
    errors.close();
  }
  return report;
}

/** What a check runs with. */
interface Run {
  subject: Subject;
  errors: UnhandledErrors;
  /** Why the plugin cannot be used. */
  broken: string | undefined;
}

async function runCheck(check: Check, present: Run): Promise<Result> {
  const start = performance.now();
  const ending = (await whyNotRun(check, present)) ?? (await run(check, present));
  return resultOf(describeCheck(check), ending, performance.now() - start);
}

async function whyNotRun(check: Check, { subject, broken }: Run): Promise<Ending | undefined> {
  const { when, backend, sample, process } = check;
  if (broken && subject.processes.isAttached) return { outcome: "not-run", reason: broken };
  if (broken) return when || backend || sample ? { outcome: "not-run", reason: broken } : undefined;
  // First, so that a check that can never apply to the driver does not ask for a configuration.
  const missing = process && subject.processes.isAttached ? notStarted : when?.missing(subject);
  if (missing) return { outcome: "skipped", reason: missing };
  const isReady = backend ? subject.backend : !sample || (await subject.sample().catch(() => undefined));
  return isReady ? undefined : { outcome: "not-run", reason: needsConfig };
}

async function run(check: Check, { subject, errors }: Run): Promise<Ending> {
  const ms = check.backend ? backendTimeoutMs : timeoutMs;
  const log = await subject.processes.startLog();
  try {
    await inTime(ms, errors.guard(check.run(subject)));
    return { outcome: "passed" };
  } catch (cause) {
    const outcome = check.level === "SHOULD" ? "warned" : "failed";
    return { outcome, reason: explain(cause), lastLines: await log.lastLines() };
  } finally {
    await subject.processes.cleanUp();
  }
}

function explain(cause: unknown): string {
  if (!(cause instanceof ConnectError)) return cause instanceof Error ? cause.message : String(cause);
  return `A call ended with ${formatError(readTypedError(cause))}.`;
}
