import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Returns the output of a program; rejects with its stderr when it fails. */
export async function output(program: string, args: string[], signal: AbortSignal): Promise<string> {
  try {
    return (await run(program, args, { signal })).stdout;
  } catch (cause) {
    const { stderr = "", message } = cause as Error & { stderr?: string };
    throw new Error(stderr.trim() || message, { cause });
  }
}
