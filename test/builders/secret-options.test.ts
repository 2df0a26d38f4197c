import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { slipwayOf } from "../cli/slipway.js";
import { startHost } from "../host/host.js";
import { lab, tempDir } from "../lab/index.js";

const secret = "hush-0f3a9c";
const proxy = `http://user:${secret}@proxy.invalid`;

it.each<{ driver: string; endpoint(): string; options: Record<string, string> }>([
  {
    driver: "docker-container",
    endpoint: () => lab().engine29.host,
    options: { "env.HTTP_PROXY": proxy, "env.AWS_SECRET_ACCESS_KEY": secret },
  },
  {
    driver: "kubernetes",
    endpoint: () => `kubernetes://?kubeconfig=${lab().kubernetes.kubeconfig}`,
    options: {
      "env.HTTP_PROXY": proxy,
      template: `{spec: {containers: [{name: buildkitd, env: [{name: TOKEN, value: ${secret}}]}]}}`,
    },
  },
])("variables of $driver are named, but their values are neither shown nor stored in clear", async (row) => {
  const { driver, endpoint, options } = row;
  const key = join(await tempDir(), "key");
  await writeFile(key, randomBytes(32).toString("base64"), { mode: 0o600 });
  const host = await startHost({ args: ["--state-key-file", key] });
  const slipway = slipwayOf(host);
  const node = { endpoint: endpoint(), options: { ...options, "default-load": "true" } };
  await host.builders.createBuilder({ name: "own", driver, node });

  const { builders } = await host.builders.listBuilders({});
  const shown = builders.find(({ name }) => name === "own")!.nodes[0]!;
  expect(shown.secretOptions).toEqual(Object.keys(options).sort());
  expect(shown.spec!.options).toMatchObject({ "default-load": "true" });
  for (const name of Object.keys(options)) expect(Object.keys(shown.spec!.options)).not.toContain(name);
  const texts = [
    (await slipway(["inspect", "own"])).stdout,
    (await slipway(["inspect", "own", "--format", "json"])).stdout,
  ];
  expect(texts[0]).toContain('env.HTTP_PROXY="<redacted>"');
  expect(JSON.parse(texts[1]!).Nodes[0].DriverOpts).toMatchObject({ "env.HTTP_PROXY": "<redacted>" });
  const doctor = await slipway(["doctor"]);
  expect(doctor.stdout).toContain("No secret is stored without encryption.");
  host.process.kill("SIGTERM");
  await host.ended;

  for (const text of [...texts, host.log()]) expect(text).not.toContain(secret);
  const files = await readdir(host.folder, { recursive: true, withFileTypes: true });
  for (const file of files.filter((each) => each.isFile())) {
    const path = join(file.parentPath, file.name);
    expect([path, (await readFile(path)).includes(secret)]).toEqual([path, false]);
  }
});
