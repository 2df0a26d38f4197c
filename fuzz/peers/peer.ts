import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { cached, withLock } from "../../test/lab/cache.js";

/** Builds the Go program of a folder beside this file; returns its path. */
export async function buildPeer(name: string): Promise<string> {
  const source = join(import.meta.dirname, name);
  const files = ["go.mod", "go.sum", "main.go"].map((file) => readFile(join(source, file), "utf8"));
  const build = (folder: string) =>
    withLock("go", async () => {
      await promisify(execFile)("go", ["build", "-o", `${folder}/peer`, "."], { cwd: source });
    });
  const folder = await cached({ name: `${name}-peer`, text: (await Promise.all(files)).join("\n"), build });
  return join(folder, "peer");
}

/** What a peer answers to questions: a line of JSON each, and a line for each. */
export async function askPeer(peer: string, questions: readonly unknown[]): Promise<string[]> {
  const child = spawn(peer, { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const lines = questions.map((question) => `${JSON.stringify(question)}\n`);
  const sent = pipeline(Readable.from(lines), child.stdin);
  const answers: string[] = [];
  for await (const line of createInterface(child.stdout)) answers.push(line);
  await sent;
  const [code] = await exited;
  if (code !== 0) throw new Error(`${peer} exited with code ${code}`);
  return answers;
}
