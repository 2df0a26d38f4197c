import { loadYaml } from "@kubernetes/client-node";

/** Reads an option in JSON or YAML; undefined when it is empty. Throws an Error with a clause. */
export function parseStructured<T>(text: string | undefined): T | undefined {
  if (!text?.trim()) return undefined;
  try {
    return loadYaml<T>(text);
  } catch (cause) {
    const { reason, mark } = cause as { reason?: string; mark?: { line: number } };
    throw new Error(
      `it is neither JSON nor YAML: ${reason ?? cause}${mark ? ` in line ${mark.line + 1}` : ""}`,
    );
  }
}
