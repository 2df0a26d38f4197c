import { create } from "@bufbuild/protobuf";
import type { BuildProgress } from "../../../gen/slipway/build/v1/build_progress_pb.js";
import { type BuildEvent, BuildEventSchema } from "../../../gen/slipway/v1/build_event_pb.js";
import { type EncodedEvent, encoded } from "../encoded-event.js";
import { OutputRedaction } from "./output-redaction.js";
import type { Redaction } from "./redaction.js";

/** Masks the secrets in the events of one build, before they are stored or sent to anyone. */
export class EventRedaction {
  readonly #redaction: Redaction;
  readonly #output: OutputRedaction;

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
    this.#output = new OutputRedaction(redaction);
  }

  /** The event without secrets; undefined when all of it is held or empty. */
  event(event: BuildEvent): EncodedEvent | undefined {
    const known = encoded(event);
    const progress = event.event.case === "progress" ? event.event.value : undefined;
    if (progress && isEmpty(progress)) return undefined;
    // Only a secret can be split among several events of output.
    const isWhole = !progress || this.#redaction.inBytes.length === 0;
    if (isWhole && this.#redaction.isClean(known.bytes)) return known;
    if (!progress) return encoded(this.#redaction.message(BuildEventSchema, event));
    const value = this.#output.progress(progress);
    if (isEmpty(value)) return undefined;
    return encoded(create(BuildEventSchema, { ...event, event: { case: "progress", value } }));
  }

  /** The output that is still held; it may contain nothing. */
  end(): BuildProgress {
    return this.#output.end();
  }
}

function isEmpty({ vertexes, statuses, logs, warnings }: BuildProgress): boolean {
  return vertexes.length + statuses.length + logs.length + warnings.length === 0;
}
