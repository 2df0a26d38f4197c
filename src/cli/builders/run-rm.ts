import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { BuilderInstance } from "../../gen/slipway/v1/builder_pb.js";
import { ExitCode } from "../command-error.js";
import { flagsConflict } from "../flags-conflict.js";
import { type Host, withHost } from "../host.js";
import { allBuilders } from "../list-all.js";
import { removeLocalStates } from "../local-state/local-state.js";
import { confirm } from "../output/confirm.js";
import { printWarnings } from "../output/diagnostics.js";
import { printError } from "../output/print.js";
import { reportError } from "../report-error.js";
import { nodeState } from "./node-state.js";

/** The flags of `rm`. */
export interface RmFlags {
  allInactive?: boolean;
  builder?: string;
  force?: boolean;
  keepDaemon?: boolean;
  keepState?: boolean;
  /** In milliseconds. */
  timeout: number;
}

/** `slipway rm`: removes builders concurrently. A failed removal does not affect the others. */
export async function runRm(names: string[], flags: RmFlags): Promise<void> {
  if (flags.allInactive && names.length > 0) {
    throw flagsConflict("--all-inactive", "cannot specify builder name when --all-inactive is set");
  }
  if (flags.allInactive && !flags.force) {
    const question =
      "WARNING! This will remove all builders that are not in running state. Are you sure you want to continue?";
    if (!(await confirm(question))) return;
  }
  await withHost(async (host) => {
    const chosen = flags.allInactive
      ? await inactive(host, flags.timeout)
      : await named(host, names.length > 0 ? names : [flags.builder ?? ""]);
    const failures = await Promise.all(chosen.map((name) => remove(host, name, flags)));
    for (const cause of failures) if (cause) printError(reportError(cause).text);
    if (failures.some(Boolean)) throw new ExitCode(1);
  });
}

/** Removes one builder. Returns the error, so that other removals continue. */
async function remove(
  { builders, environment, isLocal }: Host,
  name: string,
  flags: RmFlags,
): Promise<unknown> {
  const { force, keepDaemon, keepState } = flags;
  const timeout = durationFromMs(flags.timeout);
  try {
    const request = { name, environment, force, keepDaemon, keepState, timeout };
    const { diagnostics, kept } = await builders.removeBuilder(request);
    if (isLocal) await removeLocalStates(name, process.env);
    printWarnings(diagnostics);
    // As buildx, which scripts rely on: the answer is for people.
    printError(`${name} removed\n`);
    for (const one of kept) printError(`${one} kept\n`);
    return undefined;
  } catch (cause) {
    return cause;
  }
}

async function named({ builders, environment }: Host, names: string[]): Promise<string[]> {
  if (names.every(Boolean)) return [...new Set(names)];
  const { builder } = await builders.getBuilder({ environment });
  return [builder!.name];
}

/** Builders without a running node. A builder that did not answer in time is kept. */
async function inactive({ builders: service, environment }: Host, timeoutMs: number): Promise<string[]> {
  const timeout = durationFromMs(timeoutMs);
  const { builders } = await allBuilders(service, { environment, inspect: true, timeout });
  const own = builders.filter((builder) => !builder.implicit && !builder.origin);
  for (const { name } of own.filter(isUnanswered))
    printError(`WARNING: ${name} is kept, because a node did not report its state in time.\n`);
  const idle = own.filter((builder) => !isUnanswered(builder) && !builder.nodes.some(isActive));
  return idle.map(({ name }) => name);
}

function isUnanswered({ nodes }: BuilderInstance): boolean {
  return nodes.some(({ status }) => status?.reason === "NODE_TIMEOUT");
}

function isActive(node: BuilderInstance["nodes"][number]): boolean {
  return ["running", "starting", "stopping"].includes(nodeState(node));
}
