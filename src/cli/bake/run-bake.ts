import { randomUUID } from "node:crypto";
import type { BuildHost } from "../../client/build-host.js";
import type { BuildResult } from "../../gen/slipway/build/v1/build_result_pb.js";
import type { BakeTarget, FetchBakeResponse, PlanBakeResponse } from "../../gen/slipway/v1/bake_pb.js";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { writeWholeFile } from "../../util/file-sink.js";
import { BuildProgressView } from "../build/build-progress.js";
import { type BuildRequest, buildSpec } from "../build/build-spec.js";
import { FollowedBuild, type Outcome } from "../build/followed-build.js";
import { Interrupts } from "../build/interrupts.js";
import { metadataOf } from "../build/result-files.js";
import { BuildFailure } from "../command-error.js";
import { type Host, openHost } from "../host.js";
import { keepsLocalState } from "../local-state/keep-local-state.js";
import { warningLines } from "../output/diagnostics.js";
import { goJson } from "../output/go-json.js";
import { print, printError } from "../output/print.js";
import { chooseProgress, type ProgressMode } from "../progress/open-display.js";
import { traceHeaders } from "../trace-headers.js";
import { printAnswers } from "./answers.js";
import type { BakeFlags } from "./bake-flags.js";
import { BakeStates } from "./bake-states.js";
import { fetchRequest } from "./fetch-request.js";
import { listOf, printList } from "./list.js";
import { bakeArguments, planRequest } from "./plan-request.js";
import { requirePrivileges } from "./privileges.js";
import { targetRequest } from "./target-request.js";
import { withTarget } from "./with-target.js";

/** A target with all that its build needs. */
interface Prepared {
  name: string;
  request: BuildRequest;
}

/** `slipway bake`: resolves targets, and prints or builds them. Throws if a build fails. */
export async function runBake(given: readonly string[], flags: BakeFlags): Promise<void> {
  const progress = chooseProgress(flags, { env: process.env, isTerminal: process.stderr.isTTY === true });
  const list = listOf(flags);
  const args = bakeArguments(given);
  const asked = { ...flags, list: list?.type };
  const local = args.url ? undefined : await planRequest(args, asked);
  const interrupts = new Interrupts();
  const host = await openHost();
  try {
    const { signal } = interrupts;
    const planned = local ?? (await planRequest(args, asked, await fetch(args.url!, flags, host, signal)));
    const plan = await host.bakes.planBake(planned, { signal });
    printError(warningLines(plan.warnings));
    if (list) return printList(list, plan);
    if (flags.print) return print(plan.definition);
    await requirePrivileges(plan.targets, flags);
    await build(plan, flags, { host, interrupts, mode: progress.mode, wanted: args.targets });
  } finally {
    interrupts.close();
    host.close();
  }
}

/** Fetches a definition by the BuildKit of the builder. */
async function fetch(
  url: string,
  flags: BakeFlags,
  host: Host,
  signal: AbortSignal,
): Promise<FetchBakeResponse> {
  const request = await fetchRequest(url, flags, buildHost(host), signal);
  return host.bakes.fetchBake(request, { signal });
}

/** What parts of a build take their host for. */
function buildHost(host: Host): BuildHost {
  return { ...host, uploads: async () => host.uploads };
}

async function build(
  plan: PlanBakeResponse,
  flags: BakeFlags,
  {
    host,
    interrupts,
    mode,
    wanted,
  }: { host: Host; interrupts: Interrupts; mode: ProgressMode; wanted: readonly string[] },
): Promise<void> {
  const { signal } = interrupts;
  const builds = buildHost(host);
  const prepared: Prepared[] = [];
  for (const target of plan.targets)
    prepared.push({ name: target.name, request: await prepare(target, flags) });
  const specs = await Promise.all(
    prepared.map(async ({ name, request }) => ({ name, spec: await buildSpec(request, builds, signal) })),
  );
  signal.throwIfAborted();
  // An interrupt ends no request that was sent: if the host accepted the builds, nobody would cancel them.
  const started = await host.bakes.startBake(
    { requestId: randomUUID(), targets: specs },
    { headers: traceHeaders(process.env) },
  );
  const ids = new Map(started.targets.map(({ name, build }) => [name, build!.id]));
  interrupts.onInterrupt(() => {
    for (const id of ids.values()) void host.builds.cancelBuild({ id }).catch(() => {});
  });
  const view = await BuildProgressView.open(mode, { debug: flags.debug });
  const states = new BakeStates(plan.targets, wanted);
  const followed = new Map(
    prepared.map(({ name, request }) => [
      name,
      new FollowedBuild(builds, ids.get(name)!, request, async (ref) => {
        if (!request.call && keepsLocalState(host)) await states.keep(name, ref);
      }),
    ]),
  );
  const outcomes = await follow(host, followed, ids, view).finally(() => view.close());
  await states.close();
  const results = resultsOf(outcomes);
  if (flags.metadataFile) {
    const metadata = [...results]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, result]) => {
        const { call } = prepared.find((each) => each.name === name)!.request;
        const ref = call ? undefined : outcomes.get(name)!.ref;
        return [name, metadataOf(result, { ref, warnings: [] })] as const;
      });
    await writeWholeFile(flags.metadataFile, goJson(Object.fromEntries(metadata), "  "));
  }
  printAnswers(prepared, results, plan);
}

/** Reads what a target has on this machine; an error names the target. */
async function prepare(target: BakeTarget, flags: BakeFlags): Promise<BuildRequest> {
  try {
    return await targetRequest(target, flags);
  } catch (cause) {
    if (cause instanceof Error) cause.message = `target ${target.name}: ${cause.message}`;
    throw cause;
  }
}

/** Shows the events of all builds, and reads their streamed outputs, until all have ended. */
async function follow(
  host: Host,
  builds: ReadonlyMap<string, FollowedBuild>,
  ids: ReadonlyMap<string, string>,
  view: BuildProgressView,
): Promise<Map<string, Outcome>> {
  const ends = new Map<string, Promise<Outcome>>();
  const targets = [...ids].map(([name, id]) => ({ name, id }));
  try {
    for await (const { target, event } of host.bakes.watchBake({ targets, cancelOnDisconnect: true })) {
      if (!event) continue;
      const shown = builds.size > 1 ? target : "";
      view.show(withTarget(event, shown), shown);
      const end = builds.get(target)!.take(event);
      if (!end) continue;
      // It is awaited with the others.
      end.catch(() => {});
      ends.set(target, end);
    }
    if (ends.size < ids.size) throw new Error("The events ended before the builds did.");
    const outcomes = [...ends].map(async ([target, end]) => [target, await end] as const);
    return new Map(await Promise.all(outcomes));
  } finally {
    for (const build of builds.values()) build.close();
  }
}

/** The results of all targets. Throws the error of one that failed, rather than of one that was cancelled since. */
function resultsOf(outcomes: ReadonlyMap<string, Outcome>): Map<string, BuildResult> {
  const results = new Map<string, BuildResult>();
  const rank = ({ finished }: Outcome) => (finished.state === BuildState.FAILED ? 0 : 1);
  for (const [name, { finished, ref }] of [...outcomes].sort(([, a], [, b]) => rank(a) - rank(b))) {
    if (finished.state !== BuildState.SUCCEEDED || !finished.result) {
      const error = finished.error!;
      const message = outcomes.size > 1 ? `target ${name}: ${error.message}` : error.message;
      throw new BuildFailure({ ...error, message }, ref !== undefined);
    }
    results.set(name, finished.result);
  }
  return results;
}
