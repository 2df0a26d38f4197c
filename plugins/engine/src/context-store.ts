import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { endpointError } from "./engine-error.js";

/** The docker endpoint of a context that `docker context create` stored. */
export interface DockerContext {
  name: string;
  /** May be empty. */
  description: string;
  /** In the form of DOCKER_HOST. */
  host: string;
  skipTlsVerify: boolean;
  /** Folder with ca.pem, cert.pem and key.pem, each of which may be missing. */
  tlsDir: string;
}

/** The syntax of context names (docker/cli's restrictedNamePattern). */
export const contextName = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/;

/** The contexts below a configuration folder, sorted by name, and an error for each that cannot be read. */
export async function listContexts(
  configDir: string,
): Promise<{ contexts: DockerContext[]; unreadable: Error[] }> {
  const folders = await readdir(metaDir(configDir)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw unreadable(metaDir(configDir), error);
  });
  const results = await Promise.allSettled(folders.map((folder) => readFolder(configDir, folder)));
  const contexts: DockerContext[] = [];
  const failures: Error[] = [];
  for (const result of results)
    result.status === "fulfilled" ? contexts.push(result.value) : failures.push(result.reason);
  return { contexts: contexts.sort((a, b) => (a.name < b.name ? -1 : 1)), unreadable: failures };
}

/** One context by its name. Throws CONTEXT_NOT_FOUND. */
export async function readContext(configDir: string, name: string): Promise<DockerContext> {
  return readFolder(configDir, createHash("sha256").update(name).digest("hex"), name);
}

function metaDir(configDir: string): string {
  return join(configDir, "contexts", "meta");
}

async function readFolder(configDir: string, id: string, name?: string): Promise<DockerContext> {
  const path = join(metaDir(configDir), id, "meta.json");
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" && name !== undefined)
      throw endpointError(
        "CONTEXT_NOT_FOUND",
        `There is no Docker context "${name}" in ${configDir}.`,
        "`docker context ls` lists the contexts; `docker context use` selects another.",
      );
    throw unreadable(path, error);
  });
  const meta = parse(path, text);
  const docker = meta.Endpoints?.docker;
  if (typeof meta.Name !== "string" || typeof docker?.Host !== "string")
    throw unreadable(path, new Error("it has no name or no docker endpoint"));
  return {
    name: meta.Name,
    description: meta.Metadata?.Description ?? "",
    host: docker.Host,
    skipTlsVerify: docker.SkipTLSVerify === true,
    tlsDir: join(configDir, "contexts", "tls", id, "docker"),
  };
}

interface MetaFile {
  Name?: unknown;
  Metadata?: { Description?: string };
  Endpoints?: { docker?: { Host?: unknown; SkipTLSVerify?: unknown } };
}

function parse(path: string, text: string): MetaFile {
  try {
    return JSON.parse(text) ?? {};
  } catch (error) {
    throw unreadable(path, error as Error);
  }
}

function unreadable(path: string, cause: Error): Error {
  return endpointError(
    "CONTEXT_UNREADABLE",
    `The Docker context in ${path} cannot be read: ${cause.message}.`,
    "Create the context again with `docker context create`.",
  );
}
