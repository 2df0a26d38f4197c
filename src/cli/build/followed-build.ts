import type { BuildHost } from "../../client/build-host.js";
import { BuildState } from "../../gen/slipway/v1/build_codec.js";
import type { BuildEvent, BuildFinished } from "../../gen/slipway/v1/build_event_pb.js";
import { OutputUnwritable } from "../command-error.js";
import type { BuildRequest } from "./build-spec.js";

/** The end of a build. */
export interface Outcome {
  finished: BuildFinished;
  /** builder/node/reference in BuildKit's history, if the build started. */
  ref: string | undefined;
}

/** Reads the streamed outputs of a build, event by event, and says when it starts on a node. */
export class FollowedBuild {
  readonly #host: BuildHost;
  readonly #id: string;
  readonly #request: BuildRequest;
  readonly #reading: Promise<void>[] = [];
  readonly #readers = new AbortController();
  readonly #onStarted: (ref: string) => Promise<void>;
  #builder = "";
  #ref: string | undefined;
  #failure: { cause: unknown } | undefined;

  /** @param onStarted called with builder/node/reference on each node; it throws nothing. */
  constructor(
    host: BuildHost,
    id: string,
    request: BuildRequest,
    onStarted: (ref: string) => Promise<void> = async () => {},
  ) {
    this.#host = host;
    this.#id = id;
    this.#request = request;
    this.#onStarted = onStarted;
  }

  /** Takes the next event. For the last one, resolves with the outcome when the outputs are read; else undefined. */
  take({ event: what }: BuildEvent): Promise<Outcome> | undefined {
    if (what.case === "accepted") this.#builder = what.value.builder;
    else if (what.case === "started") this.#start(`${this.#builder}/${what.value.node}/${what.value.ref}`);
    else if (what.case === "outputReady") this.#reading.push(this.#read(what.value.output));
    else if (what.case === "finished") return this.#end(what.value);
    return undefined;
  }

  /** Ends the reading of outputs. */
  close(): void {
    this.#readers.abort();
  }

  #start(ref: string): void {
    this.#ref ??= ref;
    this.#reading.push(this.#onStarted(ref));
  }

  async #read(output: number): Promise<void> {
    try {
      const { readOutput } = await import("./read-output.js");
      await readOutput(this.#host, this.#id, output, this.#request.outputs[output]!, this.#readers.signal);
    } catch (cause) {
      // A failed write cancels the build. The write error is reported, not the cancellation.
      this.#failure ??= { cause };
      await this.#host.builds.cancelBuild({ id: this.#id }).catch(() => {});
    }
  }

  async #end(finished: BuildFinished): Promise<Outcome> {
    const succeeded = finished.state === BuildState.SUCCEEDED;
    if (!succeeded) this.close();
    await Promise.all(this.#reading);
    const failure = this.#failure;
    // The outputs of a failed build fail, too; their errors are not reported.
    if (failure && (succeeded || failure.cause instanceof OutputUnwritable)) throw failure.cause;
    return { finished, ref: this.#ref };
  }
}
