import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { measureProcess } from "./measure.js";
import type { Tool } from "./tool.js";

/** The peer: the binary alone, with its `docker` driver on the given engine. `folder` keeps its configuration. */
export async function openBuildx(binary: string, dockerHost: string, folder: string): Promise<Tool> {
  await mkdir(folder, { recursive: true });
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    DOCKER_CONFIG: join(folder, "docker"),
    DOCKER_HOST: dockerHost,
  };
  return {
    name: "buildx",
    build: (context, image) =>
      measureProcess(binary, ["build", "--progress=plain", "-t", image, context], { env, scratch: folder }),
    watchServers: async () => async () => ({}),
    close: async () => {},
  };
}
