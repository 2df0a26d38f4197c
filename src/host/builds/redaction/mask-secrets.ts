import { redacted } from "../../../inputs/url-credentials.js";
import type { SecretText } from "./secret-text.js";

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
export function maskSecrets(text: string, secrets: readonly SecretText[]): string {
  return replaceSpans(text, secretSpans(text, secrets));
}

/** Where secrets are in a text, in order; those that overlap or touch are one span. */
export function secretSpans(text: string, secrets: readonly SecretText[]): Span[] {
  let innocents: Span[] | undefined;
  const found = secrets.flatMap((secret) =>
    spansOf(text, secret, () => {
      innocents ??= innocentSpans(text);
      return innocents;
    }),
  );
  const spans: Span[] = [];
  for (const span of found.sort((a, b) => a.start - b.start)) append(spans, span);
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

/** Where one secret is in a text, in order. */
function spansOf(text: string, secret: SecretText, innocents: () => readonly Span[]): Span[] {
  const spans: Span[] = [];
  let next = 0;
  for (const end of secret.ends(text)) {
    const start = end - secret.length;
    if (secret.length < longSecret) {
      const kept = innocents();
      while (next < kept.length && kept[next]!.end < end) next++;
      if (next < kept.length && kept[next]!.start <= start) continue;
    }
    append(spans, { start, end });
  }
  return spans;
}

function innocentSpans(text: string): Span[] {
  return Array.from(text.matchAll(innocent), ({ index, 0: { length } }) => ({
    start: index,
    end: index + length,
  }));
}

/** Adds a span that does not start before the last one. Those that overlap or touch become one. */
function append(spans: Span[], span: Span): void {
  const last = spans.at(-1);
  if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
  else spans.push(span);
}
