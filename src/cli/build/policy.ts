import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { InputError } from "../../errors/input-error.js";
import type { PolicyFileSchema, PolicySettingsSchema } from "../../gen/slipway/build/v1/build_spec_pb.js";
import { parseAttributes } from "../../inputs/parse-attributes.js";
import { readGoBool } from "../../util/go-values.js";
import { type BuildInputs, dockerfilePath } from "./contexts.js";

/** What `--policy` says. */
export interface PolicyFlags {
  /** The file beside the Dockerfile does not count. */
  disabled: boolean;
  /** Names of the files of each further policy. */
  files: string[][];
}

/**
 * Parses `--policy key=value,…` as buildx does: each flag with "filename" is a policy, "reset" drops those before it and the
 * file beside the Dockerfile, and "disabled" stands alone. A policy that cannot be enforced always fails the build here, so
 * "strict" changes nothing; "log-level" belongs to the engine.
 */
export function parsePolicy(values: readonly string[] = []): PolicyFlags {
  const flags: PolicyFlags = { disabled: false, files: [] };
  for (const text of values) {
    const files: string[] = [];
    for (const [key, value] of parseAttributes(text, "--policy")) {
      if (key === "filename" && value) files.push(value);
      else if (key === "log-level" && value) continue;
      else {
        const isOn = readGoBool(value);
        if (!["disabled", "reset", "strict"].includes(key) || isOn === undefined)
          throw invalid(`invalid value ${key}=${value}`);
        if (!isOn || key === "strict") continue;
        if (key === "disabled" && (values.length > 1 || text.includes(",")))
          throw invalid("disabled policy cannot be combined with other policy flags");
        flags.disabled = true;
        flags.files = [];
      }
    }
    if (files.length > 0) flags.files.push(files);
  }
  return flags;
}

/** Reads the policies of a build on this machine. A host on another one may not see that beside the Dockerfile. */
export async function readPolicies(
  { disabled, files }: PolicyFlags,
  inputs: BuildInputs,
): Promise<MessageInitShape<typeof PolicySettingsSchema>> {
  const beside = disabled ? undefined : await besideDockerfile(inputs);
  const named = await Promise.all(
    files.map(async (names) => ({ files: await Promise.all(names.map((name) => read(name, inputs))) })),
  );
  return {
    disabled: disabled || beside !== undefined,
    policies: [...(beside ? [{ files: [beside] }] : []), ...named],
  };
}

async function besideDockerfile(inputs: BuildInputs) {
  const path = dockerfilePath(inputs);
  if (!path) return undefined;
  const file = `${path}.rego`;
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  return exists ? content(file, file) : undefined;
}

/**
 * The path of a policy's file. As in buildx, names are those of files in the context; with "cwd://", of files in the working
 * folder.
 * @param folder of the context; without one only files in the working folder have a path
 */
export function policyPath(name: string, folder: string | undefined): string | undefined {
  const [, own] = /^cwd:\/\/(.+)$/.exec(name) ?? [];
  if (own) return resolve(own);
  return folder === undefined ? undefined : resolve(folder, name);
}

async function read(
  name: string,
  { context }: BuildInputs,
): Promise<MessageInitShape<typeof PolicyFileSchema>> {
  const path = policyPath(name, context.kind === "folder" ? context.path : undefined);
  if (path) return content(name, path);
  if (context.kind === "url" || context.kind === "tar") return { name, fromContext: true };
  throw new InputError({
    reason: "POLICY_INVALID",
    field: "--policy",
    message: `policy file ${name} not found: the build has no context`,
    remedy: "Write filename=cwd://… for a file in the working folder.",
  });
}

async function content(name: string, path: string) {
  try {
    return { name, content: await readFile(path) };
  } catch (cause) {
    throw new InputError({
      reason: "POLICY_INVALID",
      field: "--policy",
      message: `policy file ${name} not found: ${(cause as Error).message}`,
      remedy: "Give a file in the context, or filename=cwd://… for one in the working folder.",
    });
  }
}

function invalid(message: string): InputError {
  return new InputError({
    reason: "POLICY_INVALID",
    field: "--policy",
    message,
    remedy: "Write --policy disabled=true, or reset, strict, log-level or filename.",
  });
}
