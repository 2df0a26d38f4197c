import { join } from "node:path";
import type { BuildHost } from "../../client/build-host.js";
import { startBuild } from "../../client/start-build.js";
import { watchBuild } from "../../client/watch-build.js";
import type { BuildResult } from "../../gen/slipway/build/v1/build_result_pb.js";
import { BuildState } from "../../gen/slipway/v1/build_codec.js";
import type { BuildFinished } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildFailure, ExitCode, OutputUnwritable } from "../command-error.js";
import { openBuildHost } from "../host.js";
import { print } from "../output/print.js";
import { chooseProgress } from "../progress/open-display.js";
import type { BuildFlags } from "./build-flags.js";
import { BuildProgressView } from "./build-progress.js";
import { type BuildRequest, buildSpec, readBuildRequest } from "./build-spec.js";
import { Interrupts } from "./interrupts.js";

/** `slipway build`: builds, shows progress, and writes the outputs. Throws if the build fails. */
export async function runBuild(context: string, flags: BuildFlags): Promise<void> {
  const progress = chooseProgress(flags, { env: process.env, isTerminal: process.stderr.isTTY === true });
  const request = await readBuildRequest(context, flags);
  // A file of an earlier build must not be mistaken for the result of this one.
  if (flags.iidfile) await (await import("../../util/file-sink.js")).removeFile(flags.iidfile);

  const interrupts = new Interrupts();
  const host = await openBuildHost();
  try {
    const spec = await buildSpec(request, host, interrupts.signal);
    interrupts.signal.throwIfAborted();
    // An interrupt ends no request that was sent: if the host accepted the build, nobody would cancel it.
    const id = await startBuild(host, spec, { signal: interrupts.signal });
    interrupts.onInterrupt(() => void host.builds.cancelBuild({ id }).catch(() => {}));
    const view = await BuildProgressView.open(progress.mode, { debug: flags.debug });
    const outcome = await followBuild(host, id, request, view).finally(() => view.close());
    const result = resultOf(outcome);
    if (progress.printId || flags.iidfile || flags.metadataFile) {
      const { imageId, writeIdFile, writeMetadataFile } = await import("./result-files.js");
      const image = imageId(result);
      if (progress.printId && image) print(`${image}\n`);
      if (flags.iidfile) await writeIdFile(flags.iidfile, result);
      if (flags.metadataFile) {
        // A call builds nothing that the history could show.
        const ref = request.call ? undefined : outcome.ref;
        await writeMetadataFile(flags.metadataFile, result, { ref, warnings: view.warnings });
      }
    }
    await printAnswer(request, result, dockerfileName(context, request, flags.file));
  } finally {
    interrupts.close();
    host.close();
  }
}

/** The end of a build. */
interface Outcome {
  finished: BuildFinished;
  /** builder/node/reference in BuildKit's history, if the build started. */
  ref: string | undefined;
}

/** Shows a build's events and reads its streamed outputs until its end. */
async function followBuild(
  host: BuildHost,
  id: string,
  request: BuildRequest,
  view: BuildProgressView,
): Promise<Outcome> {
  const reading: Promise<void>[] = [];
  const readers = new AbortController();
  let builder = "";
  let ref: string | undefined;
  let failure: { cause: unknown } | undefined;
  try {
    for await (const event of watchBuild(host, id, { cancelOnDisconnect: true })) {
      view.show(event);
      const { event: what } = event;
      if (what.case === "accepted") builder = what.value.builder;
      else if (what.case === "started") ref ??= `${builder}/${what.value.node}/${what.value.ref}`;
      else if (what.case === "outputReady") {
        const { output } = what.value;
        const read = import("./read-output.js").then(({ readOutput }) =>
          readOutput(host, id, output, request.outputs[output]!, readers.signal),
        );
        // A failed write cancels the build. The write error is reported, not the cancellation.
        const settled = read.catch((cause) => {
          failure ??= { cause };
          return host.builds.cancelBuild({ id }).then(
            () => {},
            () => {},
          );
        });
        reading.push(settled);
      } else if (what.case === "finished") {
        const succeeded = what.value.state === BuildState.SUCCEEDED;
        if (!succeeded) readers.abort();
        await Promise.all(reading);
        // The outputs of a failed build fail, too; their errors are not reported.
        if (failure && (succeeded || failure.cause instanceof OutputUnwritable)) throw failure.cause;
        return { finished: what.value, ref };
      }
    }
    throw new Error("The events ended before the build did.");
  } finally {
    readers.abort();
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
): Promise<void> {
  const message = result.exporterResponse["frontend.result.inlinemessage"];
  if (message) print(`\n${message}\n`);
  if (!call || !result.call) return;
  const { reportCall } = await import("./call-result.js");
  const { stdout, error, exitCode } = reportCall(call, result.call, dockerfile);
  print(stdout);
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
