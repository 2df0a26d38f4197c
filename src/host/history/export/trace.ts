import { Code } from "@connectrpc/connect";
import { bytesOf, finalizeRecord } from "../../../buildkit/recorded-trace.js";
import { typedError } from "../../../errors/typed-error.js";
import { Content } from "../../../gen/containerd/services/content/v1/content_pb.js";
import { readSpans } from "../../builds/traces/read-spans.js";
import { type Found, recordsOf } from "../history-nodes.js";
import { toOtlp } from "./otlp.js";

/** Ensures that BuildKit has written the trace of a record, if it keeps one. */
export async function finalizeTrace(found: Found, signal: AbortSignal): Promise<void> {
  const { node, raw } = found;
  if (raw.trace) return;
  await finalizeRecord(node.client, raw.ref, signal);
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
  const { spans } = await readSpans(blob, redaction, raw.ref);
  return Buffer.from(JSON.stringify(toOtlp(spans)));
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
