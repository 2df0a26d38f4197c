import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { NodeConfigSchema } from "slipway/driver";
import { expect, it, onTestFinished } from "vitest";
import { githubContextFile } from "./github-context.js";
import { validate } from "./validate.js";

type Config = MessageInitShape<typeof NodeConfigSchema>;

const check = (config: Config, environment: Record<string, string> = {}) =>
  validate(create(NodeConfigSchema, { builder: "b", node: "b0", ...config }), environment);

const entitlement = "--allow-insecure-entitlement=network.host";

it("completes a configuration, and does not change a complete one", async () => {
  const { config, diagnostics } = await check(
    { options: { memory: "1.5g", "memory-swap": "-1", "cpu-quota": "+5", "default-load": "1", "env.A": "" } },
    { DOCKER_HOST: "tcp://engine" },
  );
  expect(diagnostics).toEqual([]);
  expect(config.endpoint).toBe("tcp://engine:2375");
  expect(config.daemonFlags).toEqual([entitlement]);
  expect(config.options).toEqual({
    image: "moby/buildkit:buildx-stable-1",
    memory: String(1.5 * 1024 ** 3),
    "memory-swap": "-1",
    "cpu-quota": "5",
    "cgroup-parent": "/docker/buildx",
    "restart-policy": "unless-stopped",
    "default-load": "true",
    "provenance-add-gha": "true",
    "allow-untrusted-image": "false",
    "env.A": "",
  });
  const again = await check(config, { DOCKER_HOST: "tcp://another" });
  expect(again).toEqual({ config, diagnostics: [] });
});

it.each<[string, Config, string[]]>([
  ["the default entitlement", {}, [entitlement]],
  ["the default entitlement to other flags", { daemonFlags: ["--debug"] }, ["--debug", entitlement]],
  [
    "no entitlement beside the user's",
    { daemonFlags: ["--allow-insecure-entitlement", "security.insecure"] },
    ["--allow-insecure-entitlement", "security.insecure"],
  ],
  [
    "network.host for the host's network",
    { daemonFlags: ["--allow-insecure-entitlement=security.insecure"], options: { network: "host" } },
    ["--allow-insecure-entitlement=security.insecure", entitlement],
  ],
  [
    "no entitlement that the configuration has",
    { daemonFiles: { "buildkitd.toml": Buffer.from('insecure-entitlements = ["network.host"]') } },
    [],
  ],
])("adds %s", async (_what, given, flags) => {
  expect((await check(given)).config.daemonFlags).toEqual(flags);
});

it.each(["sometimes", "always:3", "on-failure:", "on-failure:-1", "on-failure:x", ":3", ""])(
  "refuses the restart policy %j",
  async (policy) => {
    const { diagnostics } = await check({ options: { "restart-policy": policy } });
    expect(diagnostics).toMatchObject([{ field: "options[restart-policy]", reason: "OPTION_INVALID" }]);
  },
);

it("accepts Docker's restart policies", async () => {
  for (const policy of ["no", "always", "unless-stopped", "on-failure", "on-failure:5"])
    expect((await check({ options: { "restart-policy": policy } })).config.options["restart-policy"]).toBe(
      policy,
    );
});

it("reports a wrong endpoint and a wrong image at once", async () => {
  const { diagnostics } = await check({ endpoint: "npipe:////./pipe/x", options: { image: "A B" } });
  expect(diagnostics.map(({ field }) => field)).toEqual(["endpoint", "options[image]"]);
});

it("records the GitHub Actions job that creates the builder, unless that is turned off", async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const GITHUB_EVENT_PATH = join(folder, "event.json");
  await writeFile(GITHUB_EVENT_PATH, '{"ref":"x"}');
  const job = { GITHUB_ACTIONS: "true", GITHUB_EVENT_NAME: "push", GITHUB_EVENT_PATH };
  const more = {
    GITHUB_ACTOR: "me",
    GITHUB_ACTOR_ID: "1",
    GITHUB_TRIGGERING_ACTOR: "me",
    RUNNER_OS: "Linux",
  };
  const { config, diagnostics } = await check({}, { ...job, ...more });
  expect(diagnostics).toEqual([]);
  expect(JSON.parse(Buffer.from(config.daemonFiles[githubContextFile]!).toString())).toEqual({
    github_event_name: "push",
    github_event_payload: { ref: "x" },
    github_actor: "me",
    github_actor_id: "1",
    github_triggering_actor: "me",
  });
  expect((await check(config, { ...job, GITHUB_EVENT_NAME: "other" })).config).toEqual(config);
  const off = await check({ options: { "provenance-add-gha": "false" } }, job);
  expect(off.config.daemonFiles).toEqual({});
  const lost = await check({}, { ...job, GITHUB_EVENT_PATH: "/nope" });
  expect(lost.diagnostics).toMatchObject([{ reason: "GITHUB_CONTEXT_UNREADABLE" }]);
});
