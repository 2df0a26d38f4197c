import { redacted } from "../../../inputs/url-credentials.js";

/** Part of a text. */
export interface Span {
  start: number;
  end: number;
}

/** Where a short secret occurs by chance, and what replaced one already. */
const innocent = new RegExp(`sha256:[0-9a-f]{64}|${redacted}`, "g");
/** From this length on, a secret does not occur by chance. */
const longSecret = 16;

/** The text with "<redacted>" in place of secrets. Secrets that overlap are replaced as one. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  return replaceSpans(text, secretSpans(text, secrets));
}

/** Where secrets are in a text, in order; those that overlap or touch are one span. */
export function secretSpans(text: string, secrets: readonly string[]): Span[] {
  const found = secrets.flatMap((secret) => [...occurrences(text, secret)]);
  if (found.length === 0) return [];
  const kept = [...text.matchAll(innocent)].map(({ index, 0: { length } }) => ({
    start: index,
    end: index + length,
  }));
  const spans: Span[] = [];
  for (const { start, end } of found.sort((a, b) => a.start - b.start)) {
    const isInnocent = (span: Span) => span.start <= start && end <= span.end && end - start < longSecret;
    if (kept.some(isInnocent)) continue;
    const last = spans.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else spans.push({ start, end });
  }
  return spans;
}

/** The text with "<redacted>" in place of spans, which are in order. */
export function replaceSpans(text: string, spans: readonly Span[]): string {
  let shown = "";
  let from = 0;
  for (const { start, end } of spans) {
    shown += text.slice(from, start) + redacted;
    from = end;
  }
  return shown + text.slice(from);
}

/** All occurrences of a secret, also those that overlap. */
function* occurrences(text: string, secret: string): Generator<Span> {
  for (let start = text.indexOf(secret); start >= 0; start = text.indexOf(secret, start + 1)) {
    yield { start, end: start + secret.length };
  }
}
