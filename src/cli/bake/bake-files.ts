import { readFile } from "node:fs/promises";
import { delimiter } from "node:path";
import { InputError } from "../../errors/input-error.js";
import { usualBakeFiles } from "../../inputs/bake-file-names.js";
import { readAll } from "../build/read-stream.js";

/** A definition file. */
export interface DefinitionFile {
  name: string;
  content: Uint8Array;
}

/** The names of definition files: those of --file, or of BUILDX_BAKE_FILE; empty for the usual ones. */
export function definitionNames(
  named: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): string[] {
  const given =
    named.length > 0
      ? named
      : (env.BUILDX_BAKE_FILE ?? "").split(env.BUILDX_BAKE_PATH_SEPARATOR || delimiter);
  return given.map((name) => name.trim()).filter(Boolean);
}

/** Whether a file is on this machine, although the definition is at a URL. */
export function isLocalFile(name: string): boolean {
  return name === "-" || name.startsWith("cwd://");
}

/** Reads definition files of this machine: those with these names, or without any those with the usual names. */
export async function readDefinitionFiles(names: readonly string[]): Promise<DefinitionFile[]> {
  const files = names.length > 0 ? await Promise.all(names.map(readNamed)) : await readUsual();
  if (files.length === 0) {
    throw new InputError({
      reason: "BAKE_FILE_MISSING",
      field: "--file",
      message: "couldn't find a bake definition",
      remedy: `Name it with --file, or as ${usualBakeFiles.slice(-4, -2).join(" or ")}.`,
    });
  }
  return files;
}

async function readUsual(): Promise<DefinitionFile[]> {
  const files = await Promise.all(
    usualBakeFiles.map(async (name) => {
      const content = await readFile(name).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw unreadable(error);
      });
      return content ? [{ name, content }] : [];
    }),
  );
  return files.flat();
}

async function readNamed(given: string): Promise<DefinitionFile> {
  const name = given.replace(/^cwd:\/\//, "");
  if (name === "-") return { name, content: await readAll(process.stdin) };
  return {
    name,
    content: await readFile(name).catch((error: NodeJS.ErrnoException) => {
      throw unreadable(error);
    }),
  };
}

function unreadable(error: NodeJS.ErrnoException): InputError {
  const { code, message, path } = error;
  return new InputError({
    reason: "BAKE_FILE_MISSING",
    field: "--file",
    message: code === "ENOENT" ? `open ${path}: no such file or directory` : message,
    remedy: "Name an existing file.",
  });
}

/**
 * The variables of the environment whose names occur in the files or in the overrides: a host on another machine learns
 * nothing else.
 */
export function mentionedVariables(
  files: readonly DefinitionFile[],
  overrides: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  if (/^(1|t|true)$/i.test(env.BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP ?? "")) return {};
  const decoder = new TextDecoder();
  const texts = [...files.map(({ content }) => decoder.decode(content)), ...overrides];
  // In Compose files a hyphen ends a name: ${NAME-default}.
  const words = new Set(
    texts.flatMap((text) => [
      ...(text.match(/[\p{L}\p{N}_-]+/gu) ?? []),
      ...(text.match(/[\p{L}\p{N}_]+/gu) ?? []),
    ]),
  );
  const isMentioned = (name: string) =>
    words.has(name) || (name.endsWith("_JSON") && words.has(name.slice(0, -5)));
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && (isMentioned(name) || name === "HOME") ? [[name, value]] : [],
    ),
  );
}
