import { stat } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { json, text } from "node:stream/consumers";
import { InputError } from "../../errors/input-error.js";
import { httpExchange } from "../../network/http-exchange.js";
import { openUrl } from "../output/open-url.js";
import { printError } from "../output/print.js";

/** Whether Docker Desktop shows builds on this machine, by buildx's rule. */
export async function showsBuilds(): Promise<boolean> {
  const path = join(homedir(), ".docker", "desktop-build", ".lastaccess");
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The page of a build in Docker Desktop. `ref` is "builder/node/reference". */
export function buildUrl(ref: string): string {
  return `docker-desktop://dashboard/build/${ref}`;
}

/** Opens a page of Docker Desktop. When that fails, it prints the address first. */
export async function openPage(url: string): Promise<void> {
  try {
    await openUrl(url);
  } catch (cause) {
    printError(`${url}\n`);
    throw new InputError({
      reason: "DESKTOP_MISSING",
      field: "",
      message: `The page cannot be opened: ${(cause as Error).message}`,
      remedy: "Open the address above on the machine of Docker Desktop.",
      cause,
    });
  }
}

/** The socket on which Docker Desktop takes build records, as buildx knows it. */
export function buildServer(env: NodeJS.ProcessEnv = process.env): string {
  const name = "docker-desktop-build.sock";
  if (process.platform === "win32") return "\\\\.\\pipe\\dockerDesktopBuildServer";
  if (process.platform === "darwin")
    return join(homedir(), "Library/Containers/com.docker.docker/Data", name);
  if (env.WSL_DISTRO_NAME) return join("/mnt/wsl/docker-desktop/shared-sockets/host-services", name);
  return join(homedir(), ".docker/desktop", name);
}

/**
 * Sends a `.dockerbuild` archive to Docker Desktop, and returns the pages of its records. Throws an InputError when
 * Docker Desktop is not there or refuses the archive.
 */
export async function importRecords(archive: Readable, socket = buildServer()): Promise<string[]> {
  const connection = await connectTo(socket);
  const { signal } = new AbortController();
  const request = { method: "POST", path: "/upload", headers: { host: "docker-desktop" } };
  const answer = await httpExchange(connection, request, archive, signal);
  if (answer.statusCode !== 200) throw refused((await text(answer)).trim() || `status ${answer.statusCode}`);
  const refs = await json(answer).catch((cause: Error) => {
    throw refused(`its answer cannot be read: ${cause.message}`);
  });
  if (!Array.isArray(refs)) throw refused("its answer is not a list of builds");
  return refs.map((ref) => buildUrl(`.imported/_/${ref}`));
}

function connectTo(socket: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const connection = connect(socket);
    connection.once("connect", () => resolve(connection));
    connection.once("error", (cause) =>
      reject(
        new InputError({
          reason: "DESKTOP_MISSING",
          field: "",
          message: `Build records can only be imported into Docker Desktop, which does not answer on this machine: ${cause.message}.`,
          remedy:
            "Start Docker Desktop, or import the archive on a machine that has it. BuildKit itself takes no records of other builds.",
          cause,
        }),
      ),
    );
  });
}

function refused(why: string): InputError {
  return new InputError({
    reason: "RECORDS_INVALID",
    field: "--file",
    message: `failed to import build: ${why}`,
    remedy: "Give an archive that history export wrote.",
  });
}
