import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../../errors/input-error.js";

/** A file of a policy. */
export interface PolicyText {
  name: string;
  content: Uint8Array;
}

/** Reads a file of a policy. Throws POLICY_INVALID. */
export async function readPolicyFile(field: string, path: string, name = path): Promise<PolicyText> {
  try {
    return { name, content: await readFile(path) };
  } catch (cause) {
    throw new InputError({
      reason: "POLICY_INVALID",
      field,
      message: `policy file ${name} not found: ${(cause as Error).message}`,
      remedy: "Give a file that can be read.",
    });
  }
}

/** A file with those that it imports, directly or not: "import data.a.b" is a/b.rego in the folder. */
export async function withImports(file: PolicyText, folder: string): Promise<[PolicyText, ...PolicyText[]]> {
  const files: [PolicyText, ...PolicyText[]] = [file];
  for (const { content } of files)
    for (const [, path] of Buffer.from(content)
      .toString()
      .matchAll(/^\s*import\s+data\.(\w+(?:\.\w+)*)/gm)) {
      const name = `${path!.replaceAll(".", "/")}.rego`;
      if (files.some((known) => known.name === name)) continue;
      // The engine says what is wrong with an import that is not there.
      const found = await readFile(join(folder, name)).catch(() => undefined);
      if (found) files.push({ name, content: found });
    }
  return files;
}
