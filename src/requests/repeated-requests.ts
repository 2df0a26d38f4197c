import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { untilAborted } from "../util/until-aborted.js";
import { requestDigest } from "./request-digest.js";
import { readRequestId, requestIdReused } from "./request-id.js";

/** How long an answer is known, in milliseconds. */
const knownMs = 60 * 60_000;

/** How many answers are known; the oldest are forgotten first. */
const knownAnswers = 1000;

interface Known {
  digest: string;
  answer: Promise<unknown>;
  /** On the monotonic clock, in milliseconds. */
  since: number;
}

/** Who asks for what. */
export interface RepeatableCall<Desc extends DescMessage> {
  /** Message type of the request, which names the method. */
  desc: Desc;
  request: MessageShape<Desc> & { requestId: string };
  /** Path of the request id, for errors; default: "request_id". */
  field?: string;
  /** Id of the caller. Two principals may choose the same request id. */
  principal: string;
  signal: AbortSignal;
}

/**
 * Answers a request that is repeated with the same request id like the first time, for an hour while the host runs.
 * Requests that failed are not repeated but made again.
 */
export class RepeatedRequests {
  readonly #known = new Map<string, Known>();

  /** The answer of the first request with this id and content, or of this one. */
  async answer<Desc extends DescMessage, T>(
    { desc, request, field, principal, signal }: RepeatableCall<Desc>,
    work: () => Promise<T>,
  ): Promise<T> {
    const id = readRequestId(request.requestId, field);
    if (id === "") return work();
    const key = `${principal} ${desc.typeName} ${id}`;
    const digest = requestDigest(desc, request, ["request_id"]);
    for (let known = this.#current(key); known; known = this.#current(key)) {
      if (known.digest !== digest) throw requestIdReused(field);
      const [outcome] = await untilAborted(Promise.allSettled([known.answer]), signal);
      if (outcome.status === "fulfilled") return outcome.value as T;
    }
    const answer = work();
    this.#remember(key, { digest, answer, since: performance.now() });
    return answer;
  }

  #current(key: string): Known | undefined {
    const known = this.#known.get(key);
    return known && known.since > performance.now() - knownMs ? known : undefined;
  }

  #remember(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    known.answer.catch(() => {
      if (this.#known.get(key) === known) this.#known.delete(key);
    });
    for (const [oldest] of this.#known) {
      if (this.#known.size <= knownAnswers) break;
      this.#known.delete(oldest);
    }
  }
}
