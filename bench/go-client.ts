import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ended, must } from "../test/lab/run.js";
import { costOfCall } from "./measure.js";
import type { Build } from "./tool.js";

/** A running client of the API in Go. */
export interface GoClient {
  /** Builds one after the other. */
  build: Build;
  close(): Promise<void>;
}

/** Compiles bench/go into `folder` and starts it, connected to the host of `env`. */
export async function openGoClient(
  go: string,
  folder: string,
  env: Record<string, string | undefined>,
): Promise<GoClient> {
  const program = join(folder, "go-client");
  await must(go, ["build", "-o", program, "."], { cwd: join(import.meta.dirname, "go") });
  const client = spawn(program, { env, stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
  return {
    build: async (context, { image, builder }) => {
      const begin = performance.now();
      client.stdin.write(`${JSON.stringify({ context, image, builder })}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error("the client in Go ended");
      if (value !== "done") throw new Error(`The client in Go reported: ${value}`);
      return costOfCall(begin);
    },
    close: async () => {
      client.stdin.end();
      await ended(client);
    },
  };
}
