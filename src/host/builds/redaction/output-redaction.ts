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

/** The end of a step's output that may be the beginning of a secret. */
interface Held {
  node: string;
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
  readonly #held = new Map<string, Held>();

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  /** The progress without secrets. What was held of the steps that it completes follows its output. */
  progress(progress: BuildProgress): BuildProgress {
    const { node, logs, ...rest } = progress;
    const shown = this.#redaction.message(BuildProgressSchema, { ...rest, node, logs: [] });
    shown.logs = logs.flatMap((log) => this.#output(node, log));
    for (const { id, endTime } of progress.vertexes) {
      if (endTime) shown.logs.push(...this.#release((held) => held.node === node && held.log.vertex === id));
    }
    return shown;
  }

  /** What is still held; it may contain nothing. */
  end(): BuildProgress {
    return create(BuildProgressSchema, { logs: this.#release(() => true) });
  }

  #output(node: string, log: VertexLog): VertexLog[] {
    const key = `${node} ${log.stream} ${log.vertex}`;
    const text = (this.#held.get(key)?.text ?? "") + Buffer.from(log.data).toString("latin1");
    const secrets = this.#redaction.inBytes;
    const spans = secretSpans(text, secrets);
    const cut = Math.max(beginningOfSecret(text, secrets), spans.at(-1)?.end ?? 0);
    if (cut < text.length) this.#held.set(key, { node, log, text: text.slice(cut) });
    else this.#held.delete(key);
    return withText(log, replaceSpans(text.slice(0, cut), spans));
  }

  #release(isOver: (held: Held) => boolean): VertexLog[] {
    const released: VertexLog[] = [];
    for (const [key, held] of this.#held) {
      if (!isOver(held)) continue;
      this.#held.delete(key);
      // A secret that was cut off is one too.
      const text = held.text.length < minSecretLength ? held.text : redacted;
      released.push(...withText(held.log, text));
    }
    return released;
  }
}

function withText(log: VertexLog, text: string): VertexLog[] {
  return text === "" ? [] : [{ ...log, data: Buffer.from(text, "latin1") }];
}

/** Where the longest suffix of a text starts that is a prefix of a secret; the text's length if there is none. */
function beginningOfSecret(text: string, secrets: readonly SecretText[]): number {
  return text.length - Math.max(0, ...secrets.map((secret) => secret.begunIn(text)));
}
