/**
 * Builds an image from a folder, which it uploads as a tar stream. It uses only stubs that `buf generate` creates from
 * Slipway's .proto files.
 *
 *   npx buf generate && npx tsx main.ts SOCKET FOLDER TAG
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { createConnection } from "node:net";
import { dirname } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { BuildState } from "./gen/slipway/v1/build_event_pb.js";
import { BuildService } from "./gen/slipway/v1/build_pb.js";
import { HostService } from "./gen/slipway/v1/host_pb.js";
import { UploadService } from "./gen/slipway/v1/upload_pb.js";

const [socket = "", folder = "", tag = ""] = process.argv.slice(2);

// Refuses a folder that another user can write to, since that user's socket would receive our files.
const { uid, mode } = statSync(dirname(socket));
if (![0, process.getuid?.()].includes(uid) || mode & 0o022) throw new Error(`${dirname(socket)} is not safe`);

const transport = createGrpcTransport({
  baseUrl: "http://localhost",
  nodeOptions: { createConnection: () => createConnection(socket) },
});
const builds = createClient(BuildService, transport);

// Fails if the host lacks one of these capabilities, and names it.
const { host, environment: wanted } = await createClient(HostService, transport).negotiate({
  client: { name: "generated-example", version: "1.0.0" },
  requiredCapabilities: ["builds", "uploads.tar"],
});
console.log(`host: ${host?.name} ${host?.version}`);

// The environment variables that the host's drivers ask for, such as DOCKER_HOST.
const environment: Record<string, string> = {};
for (const name of wanted?.variables ?? []) {
  const value = process.env[name];
  if (value !== undefined) environment[name] = value;
}

async function* tar() {
  const { stdout } = spawn("tar", ["-C", folder, "-c", "."], { stdio: ["ignore", "pipe", "inherit"] });
  yield { part: { case: "start" as const, value: {} } };
  for await (const data of stdout) yield { part: { case: "data" as const, value: data as Uint8Array } };
}
const { upload } = await createClient(UploadService, transport).uploadTar(tar());
console.log(`uploaded: ${upload?.entryCount} entries, ${upload?.sizeBytes} bytes`);

const { build } = await builds.startBuild({
  requestId: randomUUID(),
  spec: {
    environment,
    context: { source: { case: "upload", value: upload?.id ?? "" } },
    tags: [tag],
    outputs: [{ exporter: { case: "docker", value: {} } }],
  },
});
for await (const { event } of builds.watchBuild({ id: build?.id })) {
  switch (event?.event.case) {
    case "progress":
      for (const vertex of event.event.value.vertexes) {
        if (vertex.endTime) console.log(`${vertex.cached ? "cached" : "done"}: ${vertex.name}`);
      }
      break;
    case "finished": {
      const { state, result, error } = event.event.value;
      if (state !== BuildState.SUCCEEDED) throw new Error(`${error?.reason}: ${error?.message}`);
      console.log(`built: ${result?.imageDigest}`);
    }
  }
}
// The transport keeps its connection open, which would keep the process alive.
process.exit(0);
