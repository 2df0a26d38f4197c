import { once } from "node:events";
import { createReadStream } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { buildClient } from "../clients/clients.js";
import { contextOf } from "../host/build.js";
import { engineEnvironment } from "../host/host.js";
import { shutDown } from "../host/shut-down.js";
import { lab, must, pidsOf, run, tempDir } from "../lab/index.js";
import { packages } from "./packages.js";

/** Folder of the Go programs. */
let bin: string;
let archive: string;
let sha256: string;

beforeAll(async () => {
  bin = join(await buildClient.go(), "bin");
  const made = await packages();
  const sums = await readFile(join(made, "SHA256SUMS"), "utf8");
  const [, sum, name] = /^(\w+) {2}(slipway-.*-linux-x64\.tar\.gz)$/m.exec(sums)!;
  [archive, sha256] = [join(made, name!), sum!];
}, 900_000);

/** Runs slipway-install with the same home folder, and lists the folder in which it installs. */
async function installer() {
  const home = await tempDir();
  const host = join(home, ".local/share/slipway/host");
  return {
    home,
    host,
    install: (...args: string[]) => run(join(bin, "slipway-install"), args, { env: { HOME: home } }),
    installed: () => readdir(host),
  };
}

test("the client in Go starts the host that slipway-install unpacked from an address", async () => {
  const { home, host, install, installed } = await installer();
  const server = createServer((_, response) => createReadStream(archive).pipe(response)).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slipway.tar.gz`;
  const program = join(host, "current/bin/slipway");
  expect(await install("-sha256", sha256, url)).toMatchObject({ code: 0, stdout: `${program}\n` });
  // The same archive again.
  expect(await install(archive)).toMatchObject({ code: 0, stdout: `${program}\n` });
  expect(await installed()).toEqual(["current", expect.stringContaining(`linux-x64-${sha256.slice(0, 12)}`)]);

  const runtime = await tempDir();
  onTestFinished(() => shutDown(join(runtime, "slipway/slipway.sock"), { force: true }));
  const Dockerfile = [
    `FROM ${lab().registry.baseImage}`,
    "ARG GREETING",
    'RUN --mount=type=secret,id=token echo "$GREETING" > /greeting',
    "",
  ].join("\n");
  const out = join(runtime, "out.tar");
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    TOKEN: "token",
    BASE_IMAGE: lab().registry.baseImage,
    ...engineEnvironment("engine29"),
  };
  const built = await run(join(bin, "example"), [await contextOf({ Dockerfile }), out], {
    env,
    timeout: 240_000,
  });
  expect(built).toMatchObject({ code: 0, stderr: "" });
  expect((await must("tar", ["-xOf", out, "greeting"])).stdout).toBe("hello\n");
  expect((await pidsOf(join(host, (await installed())[1]!, "runtime/bin/node"))).length).toBeGreaterThan(0);
});

test("slipway-install refuses what is not a whole archive, and changes nothing", async () => {
  const { home, install, installed } = await installer();
  const cut = join(home, "cut.tar.gz");
  await writeFile(cut, (await readFile(archive)).subarray(0, 1 << 20));
  const other = "0".repeat(64);
  const refused: [args: string[], error: string][] = [
    [[cut], `${cut} cannot be unpacked: unexpected EOF`],
    [["-sha256", other, archive], `${archive} has the SHA-256 ${sha256} instead of ${other}`],
    [["https://127.0.0.1:1/slipway.tar.gz"], "a URL requires the SHA-256 of the archive: give -sha256"],
    [[join(home, "none")], `open ${join(home, "none")}: no such file or directory`],
  ];
  for (const [args, error] of refused) {
    expect(await install(...args)).toMatchObject({ code: 1, stderr: `slipway-install: ${error}\n` });
    expect(await installed()).toEqual([]);
  }
});
