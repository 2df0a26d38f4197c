/** Ends a text with a period unless it ends with punctuation, for messages that quote another one. */
export function withPeriod(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
