import { join } from "node:path";
import type { BuildHost } from "../../client/build-host.js";
import { startBuild } from "../../client/start-build.js";
import { watchBuild } from "../../client/watch-build.js";
import type { BuildResult } from "../../gen/slipway/build/v1/build_result_pb.js";
import { BuildState } from "../../gen/slipway/v1/build_codec.js";
import type { BuildHeld } from "../../gen/slipway/v1/build_event_pb.js";
import type { BuildHold } from "../../gen/slipway/v1/build_pb.js";
import { BuildFailure, ExitCode } from "../command-error.js";
import { openBuildHost } from "../host.js";
import { print } from "../output/print.js";
import { chooseProgress } from "../progress/open-display.js";
import { traceHeaders } from "../trace-headers.js";
import type { BuildFlags } from "./build-flags.js";
import { BuildProgressView } from "./build-progress.js";
import { type BuildRequest, buildSpec, readBuildRequest } from "./build-spec.js";
import { FollowedBuild, type Outcome } from "./followed-build.js";
import { Interrupts } from "./interrupts.js";

/** Debugs one build. */
export interface Debugger {
  readonly host: BuildHost;
  /** Where the build is held, when it starts. Default: nowhere. */
  breakpoints?(): { line: number }[];
  /** The host has accepted the build. */
  onAccepted?(id: string): void;
  /** Is called while the build is held. The signal aborts when the user interrupts the build. */
  onHeld(id: string, held: BuildHeld, signal: AbortSignal): Promise<void>;
  /** The build goes on. */
  onResumed?(): void;
}

/** When a build is held, for what, and where it shows itself. */
export interface Debugging {
  readonly hold: BuildHold;
  /** Takes all that the build shows, without colours. Default: stderr, and stdout for results. */
  readonly write?: (text: string) => void;
  /** @param interrupt cancels the build, as a signal does */
  open(request: BuildRequest, interrupt: () => void): Promise<Debugger>;
}

/** `slipway build`: builds, shows progress, and writes the outputs. Throws if the build fails. */
export async function runBuild(context: string, flags: BuildFlags, debugging?: Debugging): Promise<void> {
  const progress = chooseProgress(flags, { env: process.env, isTerminal: process.stderr.isTTY === true });
  const request = await readBuildRequest(context, flags);
  // A file of an earlier build must not be mistaken for the result of this one.
  if (flags.iidfile) await (await import("../../util/file-sink.js")).removeFile(flags.iidfile);

  const interrupts = new Interrupts();
  const debug = await debugging?.open(request, () => interrupts.interrupt());
  const write = debugging?.write;
  const host = debug?.host ?? (await openBuildHost(flags.builder));
  try {
    const spec = await buildSpec(request, host, interrupts.signal);
    interrupts.signal.throwIfAborted();
    // An interrupt ends no request that was sent: if the host accepted the build, nobody would cancel it.
    const id = await startBuild(host, spec, {
      signal: interrupts.signal,
      hold: debugging?.hold,
      breakpoints: debug?.breakpoints?.(),
      headers: traceHeaders(process.env),
    });
    const cancelled = new AbortController();
    interrupts.onInterrupt(() => {
      cancelled.abort();
      void host.builds.cancelBuild({ id }).catch(() => {});
    });
    debug?.onAccepted?.(id);
    const view = await BuildProgressView.open(progress.mode, { debug: flags.debug, write });
    const build = new FollowedBuild(host, id, request, async (ref) => {
      const { keepLocalState, keepsLocalState } = await import("../local-state/keep-local-state.js");
      if (!request.call && keepsLocalState(host)) await keepLocalState(ref, { context, file: flags.file });
    });
    const onHeld = async (held: BuildHeld) => debug?.onHeld(id, held, cancelled.signal);
    const onResumed = () => debug?.onResumed?.();
    const outcome = await followBuild(host, id, build, view, { onHeld, onResumed }).finally(() =>
      view.close(),
    );
    const result = resultOf(outcome);
    if (progress.printId || flags.iidfile || flags.metadataFile) {
      const { imageId, writeIdFile, writeMetadataFile } = await import("./result-files.js");
      const image = imageId(result);
      if (progress.printId && image) (write ?? print)(`${image}\n`);
      if (flags.iidfile) await writeIdFile(flags.iidfile, result);
      if (flags.metadataFile) {
        // A call builds nothing that the history could show.
        const ref = request.call ? undefined : outcome.ref;
        await writeMetadataFile(flags.metadataFile, result, { ref, warnings: view.warnings });
      }
    }
    await printAnswer(request, result, dockerfileName(context, request, flags.file), write);
  } finally {
    interrupts.close();
    host.close();
  }
}

/** Shows a build's events and reads its streamed outputs until its end. */
async function followBuild(
  host: BuildHost,
  id: string,
  build: FollowedBuild,
  view: BuildProgressView,
  { onHeld, onResumed }: { onHeld(held: BuildHeld): Promise<void>; onResumed(): void },
): Promise<Outcome> {
  try {
    const onWait = () => view.lost();
    for await (const event of watchBuild(host, id, { cancelOnDisconnect: true, onWait })) {
      view.show(event);
      const { event: what } = event;
      if (what.case === "held") await view.during(() => onHeld(what.value));
      else if (what.case === "resumed") onResumed();
      const end = build.take(event);
      if (end) return await end;
    }
    throw new Error("The events ended before the build did.");
  } finally {
    build.close();
  }
}

function resultOf({ finished, ref }: Outcome): BuildResult {
  if (finished.state === BuildState.SUCCEEDED && finished.result) return finished.result;
  throw new BuildFailure(finished.error!, ref !== undefined);
}

/** Prints the answer of a call, or the message of a frontend for the user. */
async function printAnswer(
  { call }: BuildRequest,
  result: BuildResult,
  dockerfile: string | undefined,
  write = print,
): Promise<void> {
  const message = result.exporterResponse["frontend.result.inlinemessage"];
  if (message) write(`\n${message}\n`);
  if (!call || !result.call) return;
  const { reportCall } = await import("./call-result.js");
  const { stdout, error, exitCode } = reportCall(call, result.call, dockerfile);
  write(stdout);
  if (error) throw new Error(error.trimEnd());
  if (exitCode !== 0) throw new ExitCode(exitCode);
}

/** Name of the Dockerfile for messages; undefined if BuildKit's name is sufficient. */
function dockerfileName(
  context: string,
  { inputs }: BuildRequest,
  file: string | undefined,
): string | undefined {
  if (file) return file === "-" ? "stdin" : file;
  return inputs.context.kind === "folder" ? join(context, "Dockerfile") : undefined;
}
