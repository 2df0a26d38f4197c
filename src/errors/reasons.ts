import type { Code } from "@connectrpc/connect";
import { bakeReasons } from "./reasons/bake.js";
import { buildFailureReasons } from "./reasons/build-failures.js";
import { buildSpecReasons } from "./reasons/build-spec.js";
import { builderReasons } from "./reasons/builders.js";
import { buildReasons, buildWarnings } from "./reasons/builds.js";
import { callReasons } from "./reasons/calls.js";
import { clientReasons } from "./reasons/client.js";
import { commandLineReasons } from "./reasons/command-line.js";
import { diagnosticReasons, protocolReasons } from "./reasons/driver-protocol.js";
import { driverReasons } from "./reasons/drivers.js";
import { historyReasons } from "./reasons/history.js";
import { imageReasons } from "./reasons/images.js";
import { loginReasons } from "./reasons/login.js";
import { outputReasons } from "./reasons/outputs.js";
import { attachReasons, installReasons, pluginReasons } from "./reasons/plugins.js";
import type { ReasonTable } from "./reasons/reason-info.js";
import { registryReasons } from "./reasons/registries.js";
import { serveReasons } from "./reasons/serve.js";
import { sshReasons } from "./reasons/ssh.js";
import { uploadReasons } from "./reasons/uploads.js";

/**
 * Every reason that this repository raises, apart from those of the bundled drivers (plugins/<name>/src/reasons.ts). The
 * tables in docs/ are generated from these groups, and a test compares them with the sources.
 */
export const reasonGroups = {
  calls: callReasons,
  builders: builderReasons,
  drivers: driverReasons,
  install: installReasons,
  attach: attachReasons,
  plugins: pluginReasons,
  "build-spec": buildSpecReasons,
  outputs: outputReasons,
  ssh: sshReasons,
  builds: buildReasons,
  bake: bakeReasons,
  "build-warnings": buildWarnings,
  "build-failures": buildFailureReasons,
  registries: registryReasons,
  images: imageReasons,
  uploads: uploadReasons,
  history: historyReasons,
  serve: serveReasons,
  client: clientReasons,
  login: loginReasons,
  "command-line": commandLineReasons,
  protocol: protocolReasons,
  diagnostics: diagnosticReasons,
};

type Groups = typeof reasonGroups;

/** A reason of this repository's own errors; drivers may have others. */
export type Reason = { [Group in keyof Groups]: keyof Groups[Group] }[keyof Groups];

/** The gRPC code of errors with a reason: the first one of its entry. Undefined for warnings and diagnostics. */
export function codeOf(reason: Reason): Code | undefined {
  const tables: ReasonTable[] = Object.values(reasonGroups);
  return tables.map((table) => table[reason]?.codes[0]).find((code) => code !== undefined);
}
