import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Problems } from "./problems.js";

/** Control characters, line ends, and characters that change the direction of a text. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** Whether a text is one line without control characters. */
export function isPrintable(text: string): boolean {
  return !unprintable.test(text);
}

/** Checks texts that the host stores and shows to others: they must not control a terminal. */
export function checkShownTexts(problems: Problems, { displayName, labels }: BuildSpec): void {
  if (unprintable.test(displayName)) {
    const message = `The display name ${JSON.stringify(displayName)} contains control characters.`;
    problems.add("spec.display_name", "DISPLAY_NAME_INVALID", message, "Use one line of printable text.");
  }
  for (const [name, value] of Object.entries(labels)) {
    const field = `spec.labels[${name}]`;
    if (unprintable.test(name)) {
      const message = `The name of the label ${JSON.stringify(name)} contains control characters.`;
      problems.add(field, "LABEL_INVALID", message, "Use printable characters.");
    } else if (unprintable.test(value.replace(/[\t\r\n]/g, ""))) {
      const message = `The value of the label ${JSON.stringify(name)} contains control characters.`;
      problems.add(field, "LABEL_INVALID", message, "Use printable characters, tabs and line ends.");
    }
  }
}

/** A text with a placeholder for each character that a display name must not contain. */
export function onOneLine(text: string): string {
  return text.replace(new RegExp(unprintable, "gu"), "\ufffd");
}
