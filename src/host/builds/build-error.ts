import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { readSolveError, type SolveFailure } from "../../buildkit/solve-error.js";
import type { Reason } from "../../errors/reasons.js";
import { readTypedError } from "../../errors/typed-error.js";
import { type BuildError, BuildErrorSchema } from "../../gen/slipway/v1/build_event_pb.js";
import { type RegistryReason, reasonOfStatus, registryRemedies } from "../../registry/registry-error.js";
import { NodeError } from "../nodes/node-error.js";

/** A build that ended with an error which says all there is to say. */
export class FailedBuild extends Error {
  constructor(readonly error: BuildError) {
    super(error.message);
  }
}

/** Why a build did not succeed, whatever it was that ended it. */
export function buildError(cause: unknown, cancelled?: AbortSignal): BuildError {
  if (cancelled?.aborted) {
    const { rawMessage } = ConnectError.from(cancelled.reason);
    return create(BuildErrorSchema, { reason: "CANCELLED", code: Code.Canceled, message: rawMessage });
  }
  if (cause instanceof FailedBuild) return cause.error;
  return fromSolve(cause, readSolveError(cause));
}

function fromSolve(cause: unknown, solved: SolveFailure): BuildError {
  const typed = readTypedError(cause);
  const known = typed.domain ? typed.reason : undefined;
  const kind = classify(solved);
  return create(BuildErrorSchema, {
    reason: known ?? kind?.reason ?? typed.reason,
    code: kind?.code ?? solved.code,
    message: solved.message,
    remedy: typed.remedy ?? kind?.remedy,
    vertex: solved.vertexDigest,
    exitCode: solved.exitCode,
    sources: solved.sources.map(({ filename, data, ranges }) => ({
      filename,
      data: Buffer.from(data),
      ranges: ranges.map(({ start, end }) => ({ startLine: start, endLine: Math.max(start, end) })),
    })),
    field: typed.fields?.[0]?.field,
    node: cause instanceof NodeError ? cause.node : "",
  });
}

interface Kind {
  reason: Reason;
  remedy?: string;
  /** In place of BuildKit's code, which is often UNKNOWN. */
  code?: Code;
}

/** BuildKit tells most of its errors apart by text only. */
const texts: [RegExp, Kind][] = [
  [
    /secret \S+: not found|secret .* not found/,
    { reason: "SECRET_MISSING", remedy: "give it with --secret id=…,src=… or id=…,env=…" },
  ],
  [
    /no SSH key|ssh forward|unset ssh|no ssh handler/i,
    { reason: "SSH_MISSING", remedy: "give an agent or keys with --ssh" },
  ],
  [
    /failed to read dockerfile: open .*no such file/,
    { reason: "DOCKERFILE_NOT_FOUND", remedy: "give its path with -f" },
  ],
  [/credential helper \S+ cannot be used/, { reason: "CREDENTIAL_HELPER_FAILED" }],
  [/uploaded context could not be read/, { reason: "UPLOAD_UNREADABLE" }],
  [
    /dockerfile parse error|unknown instruction|failed to parse|unknown flag/i,
    { reason: "DOCKERFILE_SYNTAX" },
  ],
  [
    /target stage .* could not be found/,
    { reason: "TARGET_UNKNOWN", remedy: "see the stages with --call=targets" },
  ],
  [
    /failed to compute cache key: .*not found|failed to calculate checksum of ref .*not found/,
    { reason: "FILE_NOT_FOUND", remedy: "is it in the context, and not in .dockerignore?" },
  ],
  [
    /pull access denied|authorization failed|401 Unauthorized|insufficient_scope/i,
    registryKind("REGISTRY_UNAUTHORIZED"),
  ],
  [/failed to push.*failed to do request/s, registryKind("REGISTRY_UNREACHABLE")],
  [
    /entitlement|is not allowed/,
    { reason: "ENTITLEMENT_REQUIRED", remedy: "grant it with --allow, and to the daemon" },
  ],
  [
    /is written for two platforms|cannot overwrite .* when split option is disabled/,
    {
      reason: "OUTPUT_CLASH",
      remedy: "leave out platform-split=false, so that each platform has a folder of its own",
    },
  ],
  [
    /the reader of the output went away|output \d+ was not read within/,
    { reason: "OUTPUT_NOT_READ", code: Code.Aborted, remedy: "read streamed outputs to their end" },
  ],
  [
    /cannot write the output: (ENOSPC|EDQUOT|EFBIG)/,
    {
      reason: "OUTPUT_WRITE_FAILED",
      code: Code.ResourceExhausted,
      remedy: "nothing half-written was left; make room, or name another place",
    },
  ],
  [
    /cannot write the output:/,
    { reason: "OUTPUT_WRITE_FAILED", remedy: "nothing half-written was left; name another place" },
  ],
  [/unknown cache (exporter|importer)/, { reason: "FEATURE_UNSUPPORTED", remedy: "use another cache type" }],
  [
    /failed to configure \S+ cache exporter|error writing (layer|manifest|config|header) blob|exporting cache|ref .* locked|cache export/,
    { reason: "CACHE_EXPORT_FAILED", remedy: "ignore-error=true lets the build succeed without its cache" },
  ],
  [/failed to push/, { reason: "PUSH_FAILED" }],
  [
    /failed to resolve source metadata|failed to load metadata|failed to do request/,
    { reason: "IMAGE_UNAVAILABLE" },
  ],
];

function classify({ message, exitCode, code }: SolveFailure): Kind | undefined {
  if (exitCode !== undefined) return { reason: "STEP_FAILED" };
  if (code === Code.Canceled) return { reason: "CANCELLED_BY_BUILDKIT" };
  const [, status] = /unexpected status from \w+ request to \S+: (\d{3})/.exec(message) ?? [];
  if (status) return registryKind(reasonOfStatus(Number(status)));
  return texts.find(([pattern]) => pattern.test(message))?.[1];
}

function registryKind(reason: RegistryReason): Kind {
  return { reason, remedy: registryRemedies[reason] };
}
