import type { MessageInitShape } from "@bufbuild/protobuf";
import { InputError } from "../../errors/input-error.js";
import type { FetchBakeResponse, PlanBakeRequestSchema } from "../../gen/slipway/v1/bake_pb.js";
import { parseContextUrl } from "../../inputs/context-url.js";
import { parseCall } from "../build/call.js";
import {
  type DefinitionFile,
  definitionNames,
  isLocalFile,
  mentionedVariables,
  readDefinitionFiles,
} from "./bake-files.js";
import type { BakeFlags } from "./bake-flags.js";
import { readDotEnv } from "./dot-env.js";

type Request = Exclude<MessageInitShape<typeof PlanBakeRequestSchema>, { $typeName: string }>;

/** The arguments of a bake. */
export interface BakeArguments {
  /** Where the definition is, unless it is on this machine. */
  readonly url: string | undefined;
  /** Value of BAKE_CMD_CONTEXT; empty for this machine. */
  readonly commandContext: string;
  readonly targets: readonly string[];
}

/** Reads the arguments as buildx does: the URL of the definition, one for BAKE_CMD_CONTEXT, and targets. */
export function bakeArguments(given: readonly string[]): BakeArguments {
  const isAt = (index: number) =>
    given[index] !== undefined && parseContextUrl(given[index], "targets") !== undefined;
  if (!isAt(0)) return { url: undefined, commandContext: "", targets: given };
  const commandContext = isAt(1) ? given[1]! : "";
  return { url: given[0]!, commandContext, targets: given.slice(commandContext ? 2 : 1) };
}

/**
 * Converts the command line to a request for the plan, with the files of this machine behind those that were fetched.
 */
export async function planRequest(
  { commandContext, targets }: BakeArguments,
  flags: BakeFlags,
  fetched?: FetchBakeResponse,
): Promise<Request> {
  const overrides = overridesOf(flags);
  const names = definitionNames(flags.file);
  const local = fetched ? names.filter(isLocalFile) : names;
  const files: DefinitionFile[] = [
    ...(fetched?.files ?? []),
    ...(fetched && local.length === 0 ? [] : await readDefinitionFiles(local)),
  ];
  return {
    files,
    targets: [...targets],
    overrides,
    commandContext,
    contextUrl: fetched?.contextUrl,
    variables: variablesOf(flags.var ?? []),
    environment: mentionedVariables(files, overrides),
    dotEnv: mentionedVariables(files, overrides, await readDotEnv()),
    listOnly: flags.list !== undefined,
    localPlatform: localPlatform(),
  };
}

/** `--set`, and the flags that stand for it, in buildx's order. */
function overridesOf(flags: BakeFlags): string[] {
  const call = parseCall(flags);
  const attest = (type: string, value: string) => {
    const isOn = /^(1|t|true)$/i.test(value);
    const isOff = /^(0|f|false)$/i.test(value);
    return `*.attest=type=${type},${isOn || isOff ? `disabled=${isOff}` : value}`;
  };
  return [
    ...(flags.set ?? []),
    ...(flags.push ? ["*.push=true"] : []),
    ...(flags.load ? ["*.load=true"] : []),
    ...(call ? [`*.call=${call.name}`] : []),
    ...(flags.noCache !== undefined ? [`*.no-cache=${flags.noCache}`] : []),
    ...(flags.pull !== undefined ? [`*.pull=${flags.pull}`] : []),
    ...(flags.sbom ? [attest("sbom", flags.sbom)] : []),
    ...(flags.provenance ? [attest("provenance", flags.provenance)] : []),
  ];
}

function variablesOf(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.filter(Boolean).map((text) => {
      const equals = text.indexOf("=");
      if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
      throw new InputError({
        reason: "VARIABLE_INVALID",
        field: "--var",
        message: `invalid variable ${JSON.stringify(text)}, ${equals < 0 ? "expected key=value" : "key is empty"}`,
        remedy: "Write --var name=value.",
      });
    }),
  );
}

function localPlatform(): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  return `${system}/${{ x64: "amd64", ia32: "386" }[process.arch as string] ?? process.arch}`;
}
