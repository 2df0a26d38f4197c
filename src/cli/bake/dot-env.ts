import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { InputError } from "../../errors/input-error.js";
import { interpolate } from "../../inputs/interpolate.js";

/** The variables of the file `.env` in the working directory, which Compose files may use; none without the file. */
export async function readDotEnv(env: NodeJS.ProcessEnv = process.env): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await readFile(".env", "utf8");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EISDIR") return {};
    throw invalid(message);
  }
  return parseDotEnv(text, env);
}

/** Parses lines such as `NAME=value`, `export NAME="$OTHER"` and `# comment`. Values in single quotes have no variables. */
export function parseDotEnv(text: string, env: NodeJS.ProcessEnv): Record<string, string> {
  const values: Record<string, string> = {};
  const parsed = parseEnv(text);
  // The parser gives them in no order, and a value can name those before it.
  for (const [, name = ""] of text.matchAll(/^\s*(?:export\s+)?([\w.-]+)\s*=/gm)) {
    const value = parsed[name];
    const isLiteral = new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=\\s*'`, "m").test(text);
    const lookUp = (other: string) => env[other] ?? values[other];
    try {
      values[name] = isLiteral ? (value ?? "") : interpolate(value ?? "", { lookUp });
    } catch (cause) {
      throw invalid(`${name}: ${(cause as Error).message}`);
    }
  }
  return values;
}

function invalid(why: string): InputError {
  return new InputError({
    reason: "BAKE_FILE_UNSUPPORTED",
    field: ".env",
    message: `the file .env cannot be read: ${why}`,
    remedy: "Correct it, or rename it if it is not for Compose.",
  });
}
