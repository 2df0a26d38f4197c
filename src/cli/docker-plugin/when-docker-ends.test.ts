import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { interruptWhenDockerEnds } from "./when-docker-ends.js";

test("interrupts the plugin once docker closes its socket", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sw-"));
  const server = createServer((socket) => socket.end());
  onTestFinished(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  const path = join(folder, "docker.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const interrupted = new Promise((resolve) => process.once("SIGINT", resolve));
  const env = { DOCKER_CLI_PLUGIN_SOCKET: path };
  interruptWhenDockerEnds(env);
  expect(await interrupted).toBe("SIGINT");
  expect(env).toEqual({});
});
