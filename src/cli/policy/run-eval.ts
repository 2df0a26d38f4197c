import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { buffer } from "node:stream/consumers";
import { InputError } from "../../errors/input-error.js";
import { parseContextUrl } from "../../inputs/context-url.js";
import { registryAuth } from "../build/registry-auth.js";
import { ExitCode } from "../command-error.js";
import { withHost } from "../host.js";
import { goJson } from "../output/go-json.js";
import { print, printError } from "../output/print.js";
import { readPolicyFile, withImports } from "./read-policy.js";

/** The flags of `policy eval`. */
export interface PolicyEvalFlags {
  builder?: string;
  fields?: string[];
  file: string;
  filename?: string;
  platform?: string;
  print?: boolean;
}

/** `slipway policy eval`: throws when the policy denies the source. */
export async function runPolicyEval(given: string, flags: PolicyEvalFlags): Promise<void> {
  const source = await sourceOf(given);
  const { builder, platform } = flags;
  const file = flags.filename ?? flags.file;
  const policies = flags.print ? [] : [{ files: await readPolicy(file) }];
  await withHost(async ({ policies: service, environment, isLocal }) => {
    const lookup = { builder, platform, environment, registryAuth: await registryAuth(isLocal) };
    if (flags.print) {
      const fields = (flags.fields ?? []).flatMap((each) => each.split(","));
      const described = await service.describeSource({ lookup, source, fields });
      const { invalidFields, unresolvedFields } = described;
      if (invalidFields.length > 0) printError(`WARNING: invalid fields: ${invalidFields.join(", ")}\n`);
      if (unresolvedFields.length > 0) printError(`unresolved fields: ${unresolvedFields.join(", ")}\n`);
      return print(`${goJson(JSON.parse(described.input), "  ")}\n`);
    }
    const dockerfile = file === "-" ? "stdin" : basename(file);
    const { allowed, messages } = await service.evaluatePolicy({ lookup, source, policies, dockerfile });
    if (allowed) return;
    printError(`ERROR: policy denied${messages.length > 0 ? `: ${messages.join("; ")}` : ""}\n`);
    throw new ExitCode(1);
  });
}

async function readPolicy(file: string) {
  if (file === "-") return withImports({ name: "stdin.rego", content: await buffer(process.stdin) }, ".");
  const path = `${file}.rego`;
  return withImports(await readPolicyFile("--file", path, basename(path)), ".");
}

/** What the argument names: as in buildx, what is no URL is a path. */
async function sourceOf(text: string): Promise<string> {
  if (/^(docker-image|git|https?):\/\//.test(text)) return text;
  const isThere = await stat(text).then(
    () => true,
    () => false,
  );
  if (isThere) return "local://context";
  if (parseContextUrl(text, "source")) return text;
  throw new InputError({
    reason: "POLICY_SOURCE_INVALID",
    field: "source",
    message: `invalid local path ${text}`,
    remedy: "Write docker-image://NAME, a git or http URL, or a path that is there.",
  });
}
