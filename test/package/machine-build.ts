import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { baseImageName, lab, type Machine, must } from "../lab/index.js";

/** The socket of an engine of the lab in a machine, as its environment says. */
export const engineMounts = () => ({ "/run/engine.sock": lab().engine20.socket });
export const engineVariables = { DOCKER_HOST: "unix:///run/engine.sock" };

/** Writes a context with a RUN step, and a further one, into a machine. Returns its folder there, and a name for the image. */
export async function exampleIn(machine: Machine, { base = baseImageName, step = "" } = {}) {
  const [folder, name] = [`/srv/${randomUUID()}`, `packaged:${randomUUID()}`];
  await mkdir(join(machine.root, folder), { recursive: true });
  const Dockerfile = `FROM ${base}\nARG ID=${name}\nRUN echo built > /out\n${step}\nCMD ["cat", "/out"]\n`;
  await writeFile(join(machine.root, folder, "Dockerfile"), Dockerfile);
  return { folder, name };
}

/** What an image prints. */
export async function outputOf(image: string): Promise<string> {
  return (await must("docker", ["--host", lab().engine20.host, "run", "--rm", image])).stdout;
}
