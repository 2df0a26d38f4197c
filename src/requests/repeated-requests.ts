import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { untilAborted } from "../util/until-aborted.js";
import { requestDigest } from "./request-digest.js";
import { readRequestId, requestIdReused } from "./request-id.js";

/** How long an answer is known, in milliseconds. */
const knownMs = 60 * 60_000;

/** How many answers to a principal are known; its oldest are forgotten first. */
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
  /** By principal. */
  readonly #known = new Map<string, Map<string, Known>>();

  /** The answer of the first request with this id and content, or of this one. */
  async answer<Desc extends DescMessage, T>(
    { desc, request, field, principal, signal }: RepeatableCall<Desc>,
    work: () => Promise<T>,
  ): Promise<T> {
    const id = readRequestId(request.requestId, field);
    if (id === "") return work();
    const key = `${desc.typeName} ${id}`;
    const digest = requestDigest(desc, request, ["request_id"]);
    const current = () => {
      const known = this.#known.get(principal)?.get(key);
      return known && known.since > performance.now() - knownMs ? known : undefined;
    };
    for (let known = current(); known; known = current()) {
      if (known.digest !== digest) throw requestIdReused(field);
      const [outcome] = await untilAborted(Promise.allSettled([known.answer]), signal);
      if (outcome.status === "fulfilled") return outcome.value as T;
    }
    const answer = work();
    this.#remember(principal, key, { digest, answer, since: performance.now() });
    return answer;
  }

  #remember(principal: string, key: string, known: Known): void {
    const answers = this.#known.get(principal) ?? new Map<string, Known>();
    this.#known.set(principal, answers);
    answers.delete(key);
    answers.set(key, known);
    known.answer.catch(() => {
      if (answers.get(key) === known) answers.delete(key);
    });
    for (const [oldest] of answers) {
      if (answers.size <= knownAnswers) break;
      answers.delete(oldest);
    }
  }
}
