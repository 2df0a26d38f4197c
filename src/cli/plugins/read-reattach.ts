import { readFile } from "node:fs/promises";
import { InputError } from "../../errors/input-error.js";
import { parseReattach, type Reattach } from "../../plugin-protocol/reattach.js";

/** More than any reattach information; in bytes. */
const maxBytes = 64 << 10;

/** Reads reattach information from the argument itself, from a file, or from stdin with "-". */
export async function readReattach(argument: string, stdin: () => AsyncIterable<Buffer>): Promise<Reattach> {
  const text = await textOf(argument, stdin);
  try {
    return parseReattach(text);
  } catch (cause) {
    throw invalid(`The reattach information cannot be used: ${(cause as Error).message}.`);
  }
}

async function textOf(argument: string, stdin: () => AsyncIterable<Buffer>): Promise<string> {
  if (argument === "-") return firstJson(stdin());
  if (argument.trimStart().startsWith("{")) return argument;
  return readFile(argument, "utf8").catch((cause) => {
    throw invalid(`The reattach information cannot be read: ${cause.message}.`);
  });
}

/** Reads until the JSON is complete: a plugin that is piped into this command goes on. */
async function firstJson(stdin: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) {
    chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    if (isJson(text) || text.length > maxBytes) return text;
  }
  return Buffer.concat(chunks).toString();
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function invalid(message: string): InputError {
  return new InputError({
    reason: "REATTACH_INVALID",
    field: "reattach",
    message,
    remedy: "Give the whole line that the plugin printed, in single quotes, a file with it, or - for stdin.",
  });
}
