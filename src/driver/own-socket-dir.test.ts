import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeOwnSocketDir } from "./own-socket-dir.js";

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "sockets-"));
});
afterEach(() => rmSync(parent, { recursive: true }));

/** A socket without a listener, as a killed process leaves it. */
async function deadSocket(path: string): Promise<void> {
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log())`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(existsSync(path)).toBe(true);
}

test("removes the folders of killed plugins, and keeps those of live and starting plugins and of others", async () => {
  const killed = await makeOwnSocketDir(parent);
  await deadSocket(join(killed, "plugin"));
  const starting = await makeOwnSocketDir(parent);
  const abandoned = join(parent, "slipway-plugin-old");
  const other = join(parent, "plugin1234");
  const foreign = join(parent, "slipway-plugin-files");
  for (const folder of [abandoned, other, foreign]) mkdirSync(folder);
  writeFileSync(join(foreign, "file"), "");
  utimesSync(abandoned, 0, 0);
  await deadSocket(join(other, "plugin"));
  const live = await makeOwnSocketDir(parent);
  const server = createServer().listen(join(live, "plugin"));
  await once(server, "listening");

  const next = await makeOwnSocketDir(parent);
  expect(statSync(next).mode & 0o777).toBe(0o700);
  expect(
    readdirSync(parent)
      .map((name) => join(parent, name))
      .sort(),
  ).toEqual([starting, other, foreign, live, next].sort());
  server.close();
});
