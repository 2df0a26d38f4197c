import { create } from "@bufbuild/protobuf";
import {
  type BuildProgress,
  BuildProgressSchema,
  type VertexLog,
} from "../../../gen/slipway/build/v1/build_progress_pb.js";
import { redacted } from "../../../inputs/url-credentials.js";
import { replaceSpans, secretSpans } from "./mask-secrets.js";
import type { Redaction } from "./redaction.js";
import type { SecretText } from "./secret-text.js";
import { minSecretLength } from "./secrets.js";

/** The end of a stream of a step's output that may be the beginning of a secret. */
interface Held {
  log: VertexLog;
  /** One byte a character. */
  text: string;
}

/**
 * Masks the secrets in the progress of one build. Output comes in arbitrary slices, so the end of a slice that may begin a
 * secret is held until the next slice of the same step and stream.
 */
export class OutputRedaction {
  readonly #redaction: Redaction;
  /** By step, then by stream. */
  readonly #held = new Map<string, Map<number, Held>>();

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  /** The progress without secrets. What was held of the steps that it completes follows its output. */
  progress(progress: BuildProgress): BuildProgress {
    const { node, logs, ...rest } = progress;
    const shown = this.#redaction.message(BuildProgressSchema, { ...rest, node, logs: [] });
    const completed = progress.vertexes.filter(({ endTime }) => endTime);
    shown.logs = [
      ...logs.flatMap((log) => this.#output(node, log)),
      ...completed.flatMap(({ id }) => this.#release(stepKey(node, id))),
    ];
    return shown;
  }

  /** What is still held; it may contain nothing. */
  end(): BuildProgress {
    return create(BuildProgressSchema, {
      logs: [...this.#held.keys()].flatMap((step) => this.#release(step)),
    });
  }

  #output(node: string, log: VertexLog): VertexLog[] {
    const step = stepKey(node, log.vertex);
    const streams = this.#held.get(step) ?? new Map<number, Held>();
    const text = (streams.get(log.stream)?.text ?? "") + Buffer.from(log.data).toString("latin1");
    const secrets = this.#redaction.inBytes;
    const spans = secretSpans(text, secrets);
    const cut = Math.max(beginningOfSecret(text, secrets), spans.at(-1)?.end ?? 0);
    if (cut < text.length) streams.set(log.stream, { log, text: text.slice(cut) });
    else streams.delete(log.stream);
    if (streams.size > 0) this.#held.set(step, streams);
    else this.#held.delete(step);
    return withText(log, replaceSpans(text.slice(0, cut), spans));
  }

  /** Takes what is held of a step. */
  #release(step: string): VertexLog[] {
    const streams = [...(this.#held.get(step)?.values() ?? [])];
    this.#held.delete(step);
    // A secret that was cut off is one too.
    return streams.flatMap(({ log, text }) => withText(log, text.length < minSecretLength ? text : redacted));
  }
}

/** Steps of different nodes can have the same id. */
function stepKey(node: string, vertex: string): string {
  return JSON.stringify([node, vertex]);
}

function withText(log: VertexLog, text: string): VertexLog[] {
  return text === "" ? [] : [{ ...log, data: Buffer.from(text, "latin1") }];
}

/** Where the longest suffix of a text starts that is a prefix of a secret; the text's length if there is none. */
function beginningOfSecret(text: string, secrets: readonly SecretText[]): number {
  return text.length - Math.max(0, ...secrets.map((secret) => secret.begunIn(text)));
}
