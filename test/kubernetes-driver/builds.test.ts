import { copyFile, mkdir, readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { NodeState } from "../../src/gen/slipway/common/v1/node_state_pb.js";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { cli, engineEnvironment, startHost, type TestHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { programPath } from "../lab/path.js";
import { builderHost, busyboxImage, endpoint, namespace, statusOf } from "./harness.js";

/** The registry listens on loopback, so pods use the host's network. */
const template = "{spec: {hostNetwork: true}}";

/** Runs the CLI against a host. */
const slipway = (host: TestHost, args: string[], env: Record<string, string> = {}) =>
  must(process.execPath, [cli, ...args], {
    env: { ...process.env, SLIPWAY_HOST: `unix://${host.socket}`, ...env },
  });

/** Copies ssh-add and its libraries to a folder, as a client of the agent in the step. */
async function addSshAdd(folder: string): Promise<void> {
  const program = await realpath(programPath("ssh-add"));
  const libraries = (await must("ldd", [program])).stdout.match(/\/\S+/g) ?? [];
  for (const path of [program, ...libraries]) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await copyFile(path, join(folder, path));
  }
}

it("boots at the first build, and again at the next build after a stop", async () => {
  const host = await builderHost();
  const build = async () =>
    mustBuild(host, { builder: "kube", context: fromPath(await busyboxImage("RUN echo $((40 + 2))")) });
  const first = await build();
  expect(first.output).toContain("42");
  const steps = first.events.flatMap(({ event }) =>
    event.case === "bootstrap" ? [event.value.progress!] : [],
  );
  expect(steps.map(({ log }) => log).join("")).toContain("Successfully assigned");
  const again = await build();
  expect(again.events.some(({ event }) => event.case === "bootstrap")).toBe(false);

  await host.builders.stopBuilder({ name: "kube" });
  expect(await statusOf(host)).toMatchObject({ state: NodeState.STOPPED, reason: "SCALED_TO_ZERO" });
  expect((await build()).output).toContain("42");
  await host.builders.removeBuilder({ name: "kube" });
});

it("passes secrets and keys to steps, and loads by default with default-load", async () => {
  const host = await builderHost({ template, "default-load": "true" });
  const folder = await tempDir();
  const key = join(folder, "key");
  await must("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  const fingerprint = (await must("ssh-keygen", ["-lf", key])).stdout.split(" ")[1]!;
  const context = await contextOf({
    Dockerfile: [
      `FROM ${lab().registry.baseImage} AS keys`,
      "COPY root/ /",
      "RUN --mount=type=ssh /usr/bin/ssh-add -l > /keys",
      `FROM ${lab().registry.baseImage}`,
      "RUN --mount=type=secret,id=word tr a-z n-za-m < /run/secrets/word > /changed",
      "COPY --from=keys /keys /keys",
      'CMD ["cat", "/changed", "/keys"]',
      "",
    ].join("\n"),
  });
  await addSshAdd(join(context, "root"));
  const { host: docker } = lab().engine29;
  const image = `kube-secrets-${process.pid}`;
  const args = ["build", "--builder", "kube", "--secret", "id=word,env=WORD", "--ssh", `default=${key}`];
  await slipway(host, [...args, "-t", image, context], { WORD: "uryyb", DOCKER_HOST: docker });
  const run = (...args: string[]) => must("docker", args, { env: { ...process.env, DOCKER_HOST: docker } });
  const { stdout } = await run("run", "--rm", "--network", "none", image);
  await run("rmi", "--force", image);
  expect(stdout).toContain("hello");
  expect(stdout).toContain(fingerprint);
});

it("builds each platform on the node of that platform", async () => {
  const host = await startHost();
  const space = await namespace();
  const node = (platform: string) => ({
    endpoint: endpoint(),
    platforms: [platform],
    options: { image: lab().kubernetes.image, namespace: space, nodeselector: "kubernetes.io/os=linux" },
  });
  await host.builders.createBuilder({ name: "kube", driver: "kubernetes", node: node("linux/amd64") });
  await host.builders.appendNode({ builder: "kube", node: node("linux/arm64") });
  const context = await contextOf({
    Dockerfile: "FROM scratch\nARG TARGETARCH\nCOPY text /$TARGETARCH\n",
    text: "x",
  });
  const dest = await tempDir();
  await mustBuild(host, {
    builder: "kube",
    environment: engineEnvironment("engine29"),
    context: fromPath(context),
    platforms: ["linux/amd64", "linux/arm64"],
    outputs: [{ type: "local", destination: { case: "path", value: dest } }],
  });
  expect(await readFile(join(dest, "linux_amd64", "amd64"), "utf8")).toBe("x");
  expect(await readFile(join(dest, "linux_arm64", "arm64"), "utf8")).toBe("x");
  const { builder } = await host.builders.getBuilder({ name: "kube", inspect: true });
  expect(builder!.nodes.map(({ status }) => status?.state)).toEqual([NodeState.RUNNING, NodeState.RUNNING]);
});
