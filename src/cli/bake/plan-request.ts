import type { MessageInitShape } from "@bufbuild/protobuf";
import { InputError } from "../../errors/input-error.js";
import type { PlanBakeRequestSchema } from "../../gen/slipway/v1/bake_pb.js";
import { parseContextUrl } from "../../inputs/context-url.js";
import { parseCall } from "../build/call.js";
import { mentionedVariables, readDefinitionFiles } from "./bake-files.js";
import type { BakeFlags } from "./bake-flags.js";
import { readDotEnv } from "./dot-env.js";

type Request = Exclude<MessageInitShape<typeof PlanBakeRequestSchema>, { $typeName: string }>;

/** Converts the command line to a request for the plan. */
export async function planRequest(targets: readonly string[], flags: BakeFlags): Promise<Request> {
  const [first] = targets;
  if (first !== undefined && parseContextUrl(first)) {
    throw new InputError({
      reason: "BAKE_FILE_UNSUPPORTED",
      field: "targets",
      message: `Definitions of a URL are not supported: ${first}.`,
      remedy: "Fetch the file, and name it with --file.",
    });
  }
  const overrides = overridesOf(flags);
  const files = await readDefinitionFiles(flags.file);
  return {
    files,
    targets: [...targets],
    overrides,
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
