import { create } from "@bufbuild/protobuf";
import {
  type BuildProgress,
  BuildProgressSchema,
  type VertexLog,
} from "../../../gen/slipway/build/v1/build_progress_pb.js";
import { redacted } from "../../../inputs/url-credentials.js";
import { replaceSpans, type Span, secretSpans } from "./mask-secrets.js";
import type { Redaction } from "./redaction.js";
import type { SecretText } from "./secret-text.js";
import { minSecretLength } from "./secrets.js";

/** The end of a stream of a step's output that may be the beginning of a secret. */
interface Held {
  log: VertexLog;
  /** One byte a character. */
  text: string;
  /**
   * How much of its beginning belongs to a secret that was already shown as masked; 0 when that secret ended just before.
   * Undefined: what was shown last is no secret.
   */
  masked?: number;
}

/**
 * Masks the secrets in the progress of one build. Output comes in arbitrary slices, so the end of a slice that may begin a
 * secret is held until the next slice of the same step and stream. How output is sliced does not change what is shown,
 * except for digests, which are known only when they are whole.
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
    const { text: before = "", masked } = streams.get(log.stream) ?? {};
    const text = before + Buffer.from(log.data).toString("latin1");
    const secrets = this.#redaction.inBytes;
    const cut = beginningOfSecret(text, secrets);
    // A secret that begins later may be a part of the one that begins at the cut.
    const spans = secretSpans(text, secrets).filter(({ start }) => start < cut);
    let maskedEnd = masked;
    while (maskedEnd !== undefined && spans[0] && spans[0].start <= maskedEnd)
      maskedEnd = Math.max(maskedEnd, spans.shift()!.end);
    const from = maskedEnd ?? 0;
    const shown = replaceSpans(text.slice(from, Math.max(from, cut)), spans.map(movedBy(-from)));
    const lastEnd = spans.at(-1)?.end ?? maskedEnd;
    const rest = lastEnd !== undefined && lastEnd >= cut ? lastEnd - cut : undefined;
    if (cut < text.length || rest !== undefined)
      streams.set(log.stream, { log, text: text.slice(cut), masked: rest });
    else streams.delete(log.stream);
    if (streams.size > 0) this.#held.set(step, streams);
    else this.#held.delete(step);
    return withText(log, shown);
  }

  /** Takes what is held of a step. */
  #release(step: string): VertexLog[] {
    const streams = [...(this.#held.get(step)?.values() ?? [])];
    this.#held.delete(step);
    return streams.flatMap(({ log, text, masked }) => {
      if (text.length < minSecretLength) return withText(log, text.slice(masked ?? 0));
      // A secret that was cut off is one too.
      return withText(log, masked === undefined ? redacted : "");
    });
  }
}

/** Steps of different nodes can have the same id. */
function movedBy(distance: number): (span: Span) => Span {
  return ({ start, end }) => ({ start: start + distance, end: end + distance });
}

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
