import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath, mustBuild, runBuild } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab, loadBuilderImage, makeTestTls, type TestTls, tempDir } from "../lab/index.js";
import { boot, builderName, container, containerOf, createBuilder, docker } from "./harness.js";

it("applies the configuration; flags win over it", async () => {
  const host = await startHost();
  const toml =
    'debug = true\n[worker.oci]\n  max-parallelism = 3\n  [worker.oci.labels]\n    "area" = "dc"\n';
  const name = await createBuilder(host, {
    daemonFiles: { "buildkitd.toml": Buffer.from(toml), "extra/x.json": Buffer.from("{}") },
    daemonFlags: ["--oci-worker-labels=from=flag"],
  });
  await boot(host, name);
  const made = await container(name);
  expect(made.Config.Cmd).toEqual([
    ...["--config", "/etc/buildkit/buildkitd.toml"],
    ...["--oci-worker-labels=from=flag", "--allow-insecure-entitlement=network.host"],
  ]);
  const { builder } = await host.builders.getBuilder({ name, inspect: true });
  expect(builder!.nodes[0]!.workers[0]!.labels).toMatchObject({ from: "flag" });
  expect(await docker(["exec", containerOf(name), "cat", "/etc/buildkit/buildkitd.toml"])).toBe(toml.trim());
  const listed = await docker(["exec", containerOf(name), "stat", "-c", "%a %n", "/etc/buildkit/extra"]);
  expect(listed).toBe("755 /etc/buildkit/extra");
  expect(await docker(["exec", containerOf(name), "stat", "-c", "%a %u", "/etc/buildkit/extra/x.json"])).toBe(
    "644 0",
  );
});

it("copies the certificates of a registry, which BuildKit then presents and trusts", async () => {
  const host = await startHost();
  const tls = await makeTestTls(join(await tempDir(), "tls"));
  const registry = await registryWithTls(tls);
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const outputs = [{ type: "image", attributes: { name: `${registry}/dc/tls:1`, push: "true" } }];

  // Otherwise BuildKit speaks plain HTTP to loopback addresses.
  const tlsOnly = `[registry."${registry}"]\n  http = false\n`;
  const without = await createBuilder(host, {
    options: { network: "host" },
    daemonFiles: { "buildkitd.toml": Buffer.from(tlsOnly) },
  });
  const refused = await runBuild(host, { builder: without, context, outputs });
  expect(refused.finished.state).toBe(BuildState.FAILED);
  expect(refused.finished.error?.message).toMatch(/certificate signed by unknown authority/);

  const slipway = slipwayOf(host);
  const config = join(await tempDir(), "b.toml");
  await writeFile(
    config,
    `${tlsOnly}  ca = ["${tls.ca}"]\n` +
      `  [[registry."${registry}".keypair]]\n    key = "${tls.key}"\n    cert = "${tls.cert}"\n`,
  );
  const name = builderName();
  const image = await loadBuilderImage(lab().engine29);
  const created = await slipway([
    ...["create", "--name", name, "--driver", "docker-container", "--buildkitd-config", config],
    ...["--driver-opt", `image=${image},network=host`, "--bootstrap"],
  ]);
  expect(created).toMatchObject({ code: 0, stdout: `${name}\n` });
  const run = await mustBuild(host, { builder: name, context, outputs });
  const manifest = await fetch(`http://${lab().registry.host}/v2/dc/tls/manifests/1`, {
    headers: {
      accept: "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json",
    },
  });
  expect(manifest.headers.get("docker-content-digest")).toBe(run.finished.result?.imageDigest);
  const folder = `/etc/buildkit/certs/${registry.replace(":", "_")}`;
  expect(await docker(["exec", containerOf(name), "ls", folder])).toBe("ca.pem\ncert.pem\nkey.pem");
});

it("reports everything that is wrong with a configuration before anything is stored", async () => {
  const host = await startHost();
  const slipway = slipwayOf(host);
  const config = join(await tempDir(), "b.toml");
  await writeFile(config, 'debug = true\n[registry."x"\n');
  const name = builderName();
  const create = ["create", "--name", name, "--driver", "docker-container", "--buildkitd-config", config];
  const { code, stderr } = await slipway(create);
  expect(code).toBe(1);
  expect(stderr).toMatch(/b\.toml cannot be read: line 2, column \d+/);

  const node = { daemonFiles: { "buildkitd.toml": Buffer.from("a = ["), "../../evil": Buffer.from("x") } };
  await expect(createBuilder(host, node, { name })).rejects.toThrow(
    /"\.\.\/\.\.\/evil" is not a path below .*\. buildkitd\.toml cannot be read: line 1, column/,
  );
  await expect(host.builders.getBuilder({ name })).rejects.toThrow("No builder");
});

/** A TLS proxy in front of the lab's registry that requires a client certificate; it closes when the test ends. */
async function registryWithTls(tls: TestTls): Promise<string> {
  const [cert, key, ca] = await Promise.all(
    [tls.serverCert, tls.serverKey, tls.ca].map((path) => readFile(path)),
  );
  const [host, port] = lab().registry.host.split(":");
  const settings = { cert, key, ca, requestCert: true, rejectUnauthorized: true };
  const server = createServer(settings, (incoming, outgoing) => {
    const { method, url: path } = incoming;
    const headers = { ...incoming.headers, "x-forwarded-proto": "https" };
    const call = request({ host, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    call.on("error", () => outgoing.destroy());
    incoming.pipe(call);
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
