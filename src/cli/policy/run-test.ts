import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { InputError } from "../../errors/input-error.js";
import type { PolicyTestResult } from "../../gen/slipway/v1/build_policy_pb.js";
import { registryAuth } from "../build/registry-auth.js";
import { ExitCode } from "../command-error.js";
import { withHost } from "../host.js";
import { goJson } from "../output/go-json.js";
import { print } from "../output/print.js";
import { type PolicyText, readPolicyFile, withImports } from "./read-policy.js";

/** The flags of `policy test`. */
export interface PolicyTestFlags {
  builder?: string;
  filename: string;
  run?: string;
}

const suffix = "_test.rego";

/** `slipway policy test`: prints the results as buildx does, and ends with code 1 when a test fails. */
export async function runPolicyTest(
  path: string,
  { builder, filename, run }: PolicyTestFlags,
): Promise<void> {
  const [policy, ...imported] = await withImports(
    await readPolicyFile("--filename", `${filename}.rego`),
    ".",
  );
  const tests = await readTests(path);
  const files = new Map([policy, ...imported].map((file) => [file.name, file]));
  for (const test of tests)
    for (const file of (await withImports(test, ".")).slice(1)) files.set(file.name, file);
  const results = await withHost(async ({ policies, environment, isLocal }) => {
    const lookup = { builder, environment, registryAuth: await registryAuth(isLocal) };
    return policies.testPolicy({ lookup, policy: { files: [...files.values()] }, tests, run });
  });
  print(results.tests.map(lines).join(""));
  if (results.tests.some(({ passed }) => !passed)) throw new ExitCode(1);
}

async function readTests(path: string): Promise<PolicyText[]> {
  const found = await stat(path).catch((cause: Error) => {
    throw noTests(cause.message);
  });
  if (!found.isDirectory()) {
    if (!path.endsWith(suffix)) throw noTests(`test file must have ${suffix} suffix: ${path}`);
    return [await readPolicyFile("path", path, basename(path))];
  }
  const names = (await readdir(path)).filter((name) => name.endsWith(suffix)).sort();
  if (names.length === 0) throw noTests("no policy tests found");
  return Promise.all(names.map((name) => readPolicyFile("path", join(path, name), name)));
}

function lines(result: PolicyTestResult): string {
  const { name, passed, allowed, messages, input, decision, missingFields, neededMetadata } = result;
  const deny = messages.length > 0 ? `, deny_msg=${messages.join("; ")}` : "";
  const head = `${name}: ${passed ? "PASS" : "FAIL"} (allow=${allowed ?? "n/a"}${deny})\n`;
  if (passed) return head;
  return [
    head,
    json("input", input),
    json("decision", decision),
    missingFields.length > 0 ? `missing_input: ${missingFields.join(", ")}\n` : "",
    neededMetadata.length > 0 ? `metadata_resolve: ${neededMetadata.join(", ")}\n` : "",
  ].join("");
}

function json(label: string, text: string): string {
  return text ? `${label}:\n${goJson(JSON.parse(text), "  ")}\n` : `${label}: <nil>\n`;
}

function noTests(message: string): InputError {
  const remedy = `Name a file that ends in ${suffix}, or a folder with one.`;
  return new InputError({ reason: "POLICY_INVALID", field: "path", message, remedy });
}
