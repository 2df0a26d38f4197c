import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Code, createClient } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import type { SpecInit } from "../host/build.js";
import { startHost } from "../host/host.js";
import { tokenTransport } from "../host/token-transport.js";
import { freePort, tempDir } from "../lab/index.js";

it("a client on TCP cannot name a path of the host's machine in any field", async () => {
  const token = join(await tempDir(), "token");
  await writeFile(token, "an-access-token-of-some-length", { mode: 0o600 });
  const port = await freePort();
  await startHost({ args: ["--tcp", `127.0.0.1:${port}`, "--token-file", token] });
  const transport = tokenTransport(port, "an-access-token-of-some-length");
  const { capabilities } = await createClient(HostService, transport).negotiate({});
  expect(capabilities.map(({ id }) => id)).not.toContain("paths.local");

  const builds = createClient(BuildService, transport);
  const context = { source: { case: "url" as const, value: "https://example.test/x.git" } };
  const path = { case: "path" as const, value: "/etc" };
  const attempts: [string, SpecInit][] = [
    ["spec.context.path", { context: { source: path } }],
    ["spec.named_contexts[a].path", { context, namedContexts: { a: { source: path } } }],
    [
      "spec.named_contexts[a].oci_layout",
      { context, namedContexts: { a: { source: { case: "ociLayout", value: "/x" } } } },
    ],
    ["spec.dockerfile.path", { context, dockerfile: { source: path } }],
    ["spec.ssh[0].agent_socket", { context, ssh: [{ agentSocket: "/run/agent" }] }],
    ["spec.outputs[0].path", { context, outputs: [{ type: "local", destination: path }] }],
    ["spec.cache_from[0]", { context, cacheFrom: [{ type: "local", attributes: { src: "/etc" } }] }],
    ["spec.cache_to[0]", { context, cacheTo: [{ type: "local", attributes: { dest: "/etc" } }] }],
    ["spec.registry_auth.docker_config_dir", { context, registryAuth: { dockerConfigDir: "/root/.docker" } }],
  ];
  for (const [field, spec] of attempts) {
    const error = readTypedError(await builds.startBuild({ spec }).catch((cause) => cause));
    expect(error, field).toMatchObject({
      code: Code.PermissionDenied,
      reason: "LOCAL_ONLY",
      fields: [{ field }],
    });
  }
  await expect(createClient(HostService, transport).shutdown({})).rejects.toMatchObject({
    code: Code.PermissionDenied,
  });
});
