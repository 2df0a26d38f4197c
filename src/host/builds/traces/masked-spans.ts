import type { Redaction } from "../redaction/redaction.js";
import { jsonValues } from "./json-values.js";

/** What buildx masks in the command lines that spans have. */
const secretAttribute = /\b(ghtoken|token|access_key_id|secret_access_key|session_token)=[^ ,"]+/gi;
const githubToken = /(?:ghu|ghs)_[A-Za-z0-9]{36}|github_pat_\w{82}/g;

/** The spans of a trace as BuildKit keeps them, one JSON object a line, without secrets. */
export async function* maskedSpans(
  trace: AsyncIterable<Uint8Array>,
  redaction: Pick<Redaction, "text">,
): AsyncGenerator<Uint8Array> {
  const shown = (text: string) =>
    redaction.text(text).replace(secretAttribute, "$1=<redacted>").replace(githubToken, "<redacted>");
  for await (const span of jsonValues(trace)) {
    const masked = JSON.parse(span, (_key, value) => (typeof value === "string" ? shown(value) : value));
    yield Buffer.from(`${JSON.stringify(masked)}\n`);
  }
}
