import { randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { contextOf } from "../host/build.js";
import { cli, engineEnvironment, startHost } from "../host/host.js";
import { shutDown } from "../host/shut-down.js";
import { lab, must, run, tempDir } from "../lab/index.js";
import { type Command, examples } from "./clients.js";
import { startRemoteHost, untilBuilding } from "./remote-host.js";

/** Environment without the developer's settings, which selects an engine. */
const environment = async (more: Record<string, string>) => ({
  PATH: process.env.PATH,
  HOME: await tempDir(),
  TOKEN: "s3cret-w0rd",
  BASE_IMAGE: lab().registry.baseImage,
  ...engineEnvironment("engine29"),
  ...more,
});

/** A folder whose build needs the build argument and the secret, and takes seconds when it is not cached. */
const folder = async (more: Record<string, string> = {}) =>
  contextOf({
    Dockerfile: [
      `FROM ${lab().registry.baseImage}`,
      "ARG GREETING",
      "COPY . /context/",
      'RUN --mount=type=secret,id=token,required echo "$GREETING $(wc -c < /run/secrets/token)" > /greeting',
      "RUN sleep 3",
      "",
    ].join("\n"),
    ".dockerignore": "ignored\n!ignored/kept\n",
    "ignored/dropped": "x",
    "ignored/kept": "y",
    id: randomBytes(8).toString("hex"),
    ...more,
  });

describe.each(Object.keys(examples))("the client in %s", (language) => {
  let example: Command;
  beforeAll(async () => {
    example = (await examples[language]!()).tour;
  }, 900_000);

  const tour = (env: Record<string, string | undefined>, context: string, archive: string) =>
    run(example.command, [...example.args, context, archive], { env, timeout: 240_000 });

  it("completes the tour over the unix socket", async () => {
    const host = await startHost();
    const archive = join(host.folder, "out.tar");
    const env = await environment({ SLIPWAY_HOST: `unix://${host.socket}` });
    const { code, stdout, stderr } = await tour(env, await folder(), archive);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^builder: default\n/);
    expect(stdout).toMatch(/^step: \[stage-0 3\/4\] RUN --mount=type=secret/m);
    expect(stdout).toMatch(/^cancelled\ncache: [1-9]\d* records, [1-9]\d* bytes\n$/m);
    const read = async (name: string) => (await must("tar", ["-xOf", archive, name])).stdout;
    expect(await read("greeting")).toBe("hello 11\n");
    expect((await must("tar", ["-tf", archive])).stdout).toContain("context/ignored/kept");
    expect((await must("tar", ["-tf", archive])).stdout).not.toContain("context/ignored/dropped");
    expect(host.log()).not.toContain("s3cret-w0rd");
  });

  it("uploads only what a host on TCP lacks, and continues after a lost connection", async () => {
    const { host, proxy, tokenFile } = await startRemoteHost();
    const context = await folder();
    const big = randomBytes(3 << 20);
    await writeFile(join(context, "big"), big);
    // Java knows no names that are not UTF-8.
    const names = language === "java" ? [] : [Buffer.from("caf\xe9", "latin1")];
    for (const name of names) await writeFile(Buffer.concat([Buffer.from(`${context}/`), name]), "");
    const env = await environment({
      SLIPWAY_HOST: `http://127.0.0.1:${proxy.port}`,
      SLIPWAY_TOKEN_FILE: tokenFile,
    });
    const archive = join(context, "../out.tar");

    const building = tour(env, context, archive);
    await untilBuilding(host);
    const connections = proxy.connections();
    proxy.cut();
    expect(await building).toMatchObject({ code: 0, stderr: "" });
    expect(proxy.connections()).toBeGreaterThan(connections);
    expect((await must("tar", ["-xOf", archive, "context/ignored/kept"])).stdout).toBe("y");
    const { stdout: listed } = await must("tar", ["-tf", archive]);
    expect(listed.match(/context\/caf\\351$/gm) ?? []).toHaveLength(names.length);

    const before = proxy.sent();
    await writeFile(join(context, "id"), "changed");
    expect(await tour(env, context, archive)).toMatchObject({ code: 0 });
    expect(proxy.sent() - before).toBeLessThan(256 << 10);
    expect((await must("tar", ["-xOf", archive, "context/id"])).stdout).toBe("changed");
    expect((await stat(archive)).size).toBeGreaterThan(big.length);
  });

  it("starts a host if none is running, and reports the reason of a typed error", async () => {
    const runtime = await tempDir();
    const env = await environment({ XDG_RUNTIME_DIR: runtime, SLIPWAY: cli });
    const socket = join(runtime, "slipway/slipway.sock");
    onTestFinished(() => shutDown(socket, { force: true }));
    const empty = await contextOf({ "no-dockerfile": "" });
    const { code, stderr } = await tour(env, empty, join(runtime, "out.tar"));
    expect(code).toBe(1);
    expect(stderr).toContain("DOCKERFILE_NOT_FOUND: ");
    expect((await stat(socket)).isSocket()).toBe(true);
    const log = await readFile(join(env.HOME, ".local/state/slipway/host.log"), "utf8");
    expect(log).toContain('"message":"Listening"');
    expect(await readFile(join(empty, "no-dockerfile"), "utf8")).toBe("");
  });
});
