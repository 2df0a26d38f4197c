import { create } from "@bufbuild/protobuf";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../../gen/slipway/common/v1/diagnostic_pb.js";
import { type PluginVerification, PluginVerificationSchema } from "../../../gen/slipway/v1/plugin_pb.js";
import { withPeriod } from "../../../util/with-period.js";
import type { Candidate } from "../discovery.js";
import { integrityProblems } from "./integrity.js";

/** Compares the files of a plugin with the lock file and its manifest. */
export async function verifyPlugin(candidate: Candidate): Promise<PluginVerification> {
  const { name, folder: path, locked } = candidate;
  if (candidate.state === "invalid") {
    const problems = [problemOf("PLUGIN_INVALID", candidate.reason)];
    return create(PluginVerificationSchema, { name, path, problems });
  }
  const { checksums } = candidate.manifest;
  const checkedFileCount = locked ? Object.keys(locked.files).length : checksums.size;
  const changed = await integrityProblems(candidate);
  const problems = changed.map((text) => problemOf("PLUGIN_CHECKSUM_MISMATCH", text));
  return create(PluginVerificationSchema, { name, path, checkedFileCount, problems });
}

function problemOf(reason: "PLUGIN_CHECKSUM_MISMATCH" | "PLUGIN_INVALID", text: string): Diagnostic {
  return create(DiagnosticSchema, {
    severity: Severity.ERROR,
    reason,
    message: withPeriod(text),
    remedy: "Install the plugin again if you do not know why.",
  });
}
