import { Code } from "@connectrpc/connect";
import { answerTooLarge } from "../../../errors/answer-too-large.js";
import { typedError } from "../../../errors/typed-error.js";
import { Content } from "../../../gen/containerd/services/content/v1/content_pb.js";
import { sizeText } from "../../../util/size-text.js";
import type { Redaction } from "../../builds/redaction/redaction.js";
import { type Found, recordsOf } from "../history-nodes.js";
import { jsonValues } from "./json-values.js";
import { type Span, toOtlp } from "./otlp.js";

/** Maximum size of a trace that is converted, in bytes. */
const maxTraceBytes = 64 << 20;

/** What buildx masks in the command lines that spans have. */
const secretAttribute = /\b(ghtoken|token|access_key_id|secret_access_key|session_token)=[^ ,"]+/gi;
const githubToken = /(?:ghu|ghs)_[A-Za-z0-9]{36}|github_pat_\w{82}/g;

/** The spans of a trace as BuildKit keeps them, one JSON object a line, without secrets. */
export async function* maskedSpans(
  trace: AsyncIterable<Uint8Array>,
  redaction: Redaction,
): AsyncGenerator<Uint8Array> {
  const shown = (text: string) =>
    redaction.text(text).replace(secretAttribute, "$1=<redacted>").replace(githubToken, "<redacted>");
  for await (const span of jsonValues(trace)) {
    const masked = JSON.parse(span, (_key, value) => (typeof value === "string" ? shown(value) : value));
    yield Buffer.from(`${JSON.stringify(masked)}\n`);
  }
}

/** Ensures that BuildKit has written the trace of a record, if it keeps one. */
export async function finalizeTrace(found: Found, signal: AbortSignal): Promise<void> {
  const { node, raw } = found;
  if (raw.trace) return;
  await node.client.control.updateBuildHistory({ ref: raw.ref, finalize: true }, { signal });
  const [latest] = await recordsOf(node, raw.ref, signal);
  if (latest) found.raw = latest;
}

/** The trace of a build as OTLP/JSON; FAILED_PRECONDITION, reason TRACE_UNAVAILABLE. */
export async function otlpTrace(found: Found, signal: AbortSignal): Promise<Uint8Array> {
  if (!found.raw.completedAt) throw unavailable(`Build ${found.raw.ref} still runs.`);
  await finalizeTrace(found, signal);
  const { node, raw, redaction } = found;
  if (!raw.trace)
    throw unavailable(`The BuildKit of node ${node.config.node} keeps no trace of build ${raw.ref}.`);
  const blob = bytesOf(node.client.service(Content).read({ digest: raw.trace.digest }, { signal }));
  const spans: Span[] = [];
  let size = 0;
  for await (const line of maskedSpans(blob, redaction)) {
    size += line.length;
    if (size > maxTraceBytes) throw answerTooLarge(`The trace of build ${raw.ref}`, sizeText(maxTraceBytes));
    spans.push(JSON.parse(Buffer.from(line).toString()));
  }
  return Buffer.from(JSON.stringify(toOtlp(spans)));
}

/** The bytes of a blob. */
export async function* bytesOf(answers: AsyncIterable<{ data: Uint8Array }>): AsyncGenerator<Uint8Array> {
  for await (const { data } of answers) yield data;
}

function unavailable(message: string) {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "TRACE_UNAVAILABLE",
    message,
    remedy: "Read the trace of a build that has ended, from a BuildKit that keeps traces.",
    fields: [{ field: "ref", message }],
  });
}
