import { readFile, stat } from "node:fs/promises";
import { InputError } from "../../errors/input-error.js";
import { parseAttributes } from "../../inputs/parse-attributes.js";
import { maxSecretBytes } from "../../inputs/secret.js";

/** A secret with its value. */
export interface ReadSecret {
  id: string;
  value: Uint8Array;
}

/**
 * Parses `--secret id=…[,src=…|env=…][,type=file|env]` and reads the values. Without a source, the id is the name of an
 * environment variable, or else of a file.
 */
export async function readSecrets(
  values: readonly string[] = [],
  env: NodeJS.ProcessEnv,
): Promise<ReadSecret[]> {
  return Promise.all(values.filter(Boolean).map((text) => readSecret(text, env)));
}

async function readSecret(text: string, env: NodeJS.ProcessEnv): Promise<ReadSecret> {
  const fields = parseSecret(text);
  const { id } = fields;
  const useEnv = fields.env !== undefined || (fields.src === undefined && env[id] !== undefined);
  if (!useEnv) return { id, value: await readSecretFile(id, fields.src ?? id) };
  const name = fields.env ?? id;
  const value = env[name];
  if (value === undefined) {
    throw invalid(
      id,
      `secret ${id}: environment variable ${name} is not set`,
      `Set ${name}, or name another source.`,
    );
  }
  return { id, value: Buffer.from(value) };
}

function parseSecret(text: string): { id: string; src?: string; env?: string } {
  const result: { id: string; src?: string; env?: string } = { id: "" };
  let type = "";
  for (const [key, value] of parseAttributes(text, "--secret")) {
    if (key === "id") result.id = value;
    else if (key === "src" || key === "source") result.src = value;
    else if (key === "env") result.env = value;
    else if (key === "type") type = value;
    else throw invalid(text, `unexpected key '${key}' in --secret`, "Use id, src, env and type.");
  }
  if (type && type !== "file" && type !== "env") {
    throw invalid(text, `unsupported secret type ${JSON.stringify(type)}`, "Use type=file or type=env.");
  }
  if (!result.id) throw invalid("", "secret missing ID", "Write --secret id=NAME,src=FILE.");
  if (type === "env" && result.env === undefined) return { id: result.id, env: result.src ?? result.id };
  return result;
}

async function readSecretFile(id: string, path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > maxSecretBytes) {
      const remedy = "Pass large files as a named context.";
      throw invalid(id, `secret ${id} too big. max size ${maxSecretBytes / 1024}KiB`, remedy);
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? `open ${path}: no such file or directory` : message;
    throw invalid(id, `secret ${id}: ${why}`, "Give a file with src= or an environment variable with env=.");
  }
}

function invalid(id: string, message: string, remedy: string): InputError {
  return new InputError({ reason: "SECRET_UNREADABLE", field: `--secret ${id}`, message, remedy });
}
