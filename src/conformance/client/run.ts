import type { NegotiateRequest } from "../../gen/slipway/v1/host_pb.js";
import { lastLines } from "../report/last-lines.js";
import { type Ending, type Report, type Result, resultOf as resultOfCheck } from "../report/report.js";
import { inTime, selectChecks } from "../report/run-checks.js";
import { UnhandledErrors } from "../report/unhandled-errors.js";
import { type ClientCheck, describeClientCheck } from "./check.js";
import { clientChecks } from "./checks/index.js";
import type { ClientCommand } from "./client-process.js";
import { aBuild, resultOf, Subject, Unsupported } from "./subject.js";

/** How long a check may take, in milliseconds. */
const timeoutMs = 300_000;

/** Options of {@link runClientConformance}. */
export interface ClientConformanceOptions extends ClientCommand {
  /** Ids of the checks to run; by default all. */
  only?: readonly string[];
  /** Called after each check. */
  onResult?(result: Result): void;
}

/**
 * Checks a client with a scripted host. Rejects only when `only` has an unknown check; everything that is wrong with the
 * client is in the report. During the run, an error of the process that no code handles fails the check that runs.
 */
export async function runClientConformance(options: ClientConformanceOptions): Promise<Report> {
  const { only, onResult } = options;
  const selected = selectChecks(clientChecks, only, "slipway conformance client --list");
  const report: Report = { subject: "", results: [] };
  const errors = new UnhandledErrors();
  const started = await errors.guard(identify(options)).catch((cause: Error) => cause);
  if (started instanceof Error) report.broken = started.message;
  else report.subject = started;
  try {
    for (const check of selected) {
      const start = performance.now();
      const ending = report.broken
        ? { outcome: "not-run" as const, reason: report.broken }
        : await run(check, options, errors);
      const result = resultOfCheck(describeClientCheck(check), ending, performance.now() - start);
      report.results.push(result);
      onResult?.(result);
    }
  } finally {
    errors.close();
  }
  return report;
}

/** Name and version of a client, which must be able to build on a host without faults. */
async function identify(client: ClientCommand): Promise<string> {
  const subject = new Subject(client);
  try {
    const { host, env } = await subject.host();
    resultOf("A build on a host without faults", await subject.run(aBuild, env));
    const { client } = (host.callsOf("Negotiate")[0]?.request as NegotiateRequest | undefined) ?? {};
    return client ? `${client.name} ${client.version}`.trim() : "unnamed client";
  } finally {
    await subject.close();
  }
}

async function run(check: ClientCheck, client: ClientCommand, errors: UnhandledErrors): Promise<Ending> {
  const impossible = check.impossible?.();
  if (impossible) return { outcome: "skipped", reason: impossible };
  const subject = new Subject(client);
  try {
    await inTime(timeoutMs, errors.guard(check.run(subject)));
    return { outcome: "passed" };
  } catch (cause) {
    if (cause instanceof Unsupported) return { outcome: "skipped", reason: cause.message };
    const outcome = check.level === "SHOULD" ? "warned" : "failed";
    const reason = cause instanceof Error ? cause.message : String(cause);
    return { outcome, reason, lastLines: lastLines(subject.stderr()) };
  } finally {
    await subject.close();
  }
}
