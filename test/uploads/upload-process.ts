import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { uploadClient } from "./upload-server.js";

/** Serves uploads in another process, which is killed when the test ends. */
export async function startUploadProcess(folder: string, name = "socket") {
  const directory = join(folder, "uploads");
  const socket = join(folder, name);
  await mkdir(folder, { recursive: true });
  const child = fork(join(import.meta.dirname, "upload-host.ts"), [directory, socket], {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  await once(child, "message");
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(kill);
  return {
    directory,
    socket,
    client: uploadClient(socket),
    kill,
    /** Peak memory of the process, in MiB. */
    async peakMemory(): Promise<number> {
      child.send("memory");
      const [peak] = await once(child, "message");
      return peak as number;
    },
  };
}
