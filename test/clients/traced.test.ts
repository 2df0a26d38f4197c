import { randomBytes } from "node:crypto";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { TestHost } from "../host/host.js";
import { cached } from "../lab/cache.js";
import { digestFolder } from "../lab/digest-folder.js";
import { lab, must, tempDir } from "../lab/index.js";
import { buildClient, isSource, root } from "./clients.js";
import { startRemoteHost } from "./remote-host.js";

/** The programs in test/clients/traced, whose calls OpenTelemetry's own library for gRPC instruments. */
const programs: Record<string, () => Promise<string[]>> = {
  async go() {
    const folder = await built("go", await buildClient.go(), async (folder, client) => {
      const cwd = folder;
      await must("go", ["mod", "edit", `-replace=slipway.dev/client=${client}`], { cwd });
      const env = { ...process.env, GOFLAGS: "-mod=mod" };
      await must("nice", ["go", "build", "-o", "traced", "."], { cwd, env });
    });
    return [join(folder, "traced")];
  },
  async python() {
    const folder = await built("python", await buildClient.python(), async (folder, client) => {
      await must("python3", ["-m", "venv", ".venv"], { cwd: folder });
      const libraries = ["opentelemetry-sdk==1.45.2", "opentelemetry-instrumentation-grpc==0.66b2"];
      await must(".venv/bin/python", ["-m", "pip", "install", "--quiet", client, ...libraries], {
        cwd: folder,
      });
    });
    return [join(folder, ".venv/bin/python"), join(folder, "traced.py")];
  },
  async java() {
    const client = await buildClient.java();
    const folder = await built("java", client, async (folder) => {
      const copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
      await must("nice", ["mvn", "-q", "-B", copy, "-DoutputDirectory=lib"], { cwd: folder });
    });
    const classes = [join(client, "target/classes"), join(client, "target/lib/*"), join(folder, "lib/*")];
    return ["java", "-cp", classes.join(":"), join(folder, "Traced.java")];
  },
};

/** Builds a copy of a program, once for each version of its sources and of the client. Returns its folder. */
async function built(
  language: string,
  client: string,
  build: (folder: string, client: string) => Promise<void>,
): Promise<string> {
  const source = join(root, "test/clients/traced", language);
  return cached({
    name: `traced-${language}`,
    text: `${await digestFolder(source, isSource)} ${client}\n`,
    async build(folder) {
      await cp(source, folder, { recursive: true });
      await build(folder, client);
    },
  });
}

/** What BuildKit recorded of the newest build. */
async function newestTrace({ builds, history }: TestHost): Promise<string> {
  const { builds: all } = await builds.listBuilds({ pageSize: 1 });
  const chunks: Uint8Array[] = [];
  for await (const { data } of history.readHistoryTrace({ builder: "present", ref: all[0]!.refs[0]! }))
    chunks.push(data);
  return Buffer.concat(chunks).toString();
}

describe.each(Object.keys(programs))("the client in %s", (language) => {
  let command: string[];
  beforeAll(async () => {
    command = await programs[language]!();
  }, 900_000);

  it("sends the current trace of its program, which BuildKit gets", async () => {
    const { host } = await startRemoteHost();
    const seed = randomBytes(8).toString("hex");
    const dockerfile = `FROM ${lab().registry.baseImage}\nRUN echo ${seed}\n`;
    const env = {
      PATH: process.env.PATH,
      HOME: await tempDir(),
      SLIPWAY_HOST: `unix://${host.socket}`,
    };
    const [program, ...args] = command;
    const { stdout } = await must(program!, [...args, dockerfile], { env });
    const trace = await newestTrace(host);
    expect(trace).toContain(seed);
    expect(stdout.trim()).toMatch(/^[0-9a-f]{32}$/);
    expect(trace).toContain(stdout.trim());
  });
});
