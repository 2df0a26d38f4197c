import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { errorText } from "../../buildkit/error-text.js";
import { readSolveError, type SolveFailure } from "../../buildkit/solve-error.js";
import { codeOf, type Reason } from "../../errors/reasons.js";
import { readTypedError } from "../../errors/typed-error.js";
import { type BuildError, BuildErrorSchema } from "../../gen/slipway/build/v1/build_error_pb.js";
import { type RegistryReason, reasonOfStatus, registryRemedies } from "../../registry/registry-error.js";
import { NodeError } from "../nodes/node-error.js";

/** A build that ended with an error that is complete. */
export class FailedBuild extends Error {
  constructor(readonly error: BuildError) {
    super(error.message);
  }
}

/** The error of a build that did not succeed, for any cause. */
export function buildError(cause: unknown, cancelled?: AbortSignal): BuildError {
  if (cancelled?.aborted) {
    const { rawMessage } = ConnectError.from(cancelled.reason);
    return create(BuildErrorSchema, { reason: "CANCELED", code: Code.Canceled, message: rawMessage });
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
    // A typed error has its own code; that of BuildKit is nearly always UNKNOWN.
    code: known ? solved.code : (kind?.code ?? (kind && codeOf(kind.reason)) ?? solved.code),
    message: [errorText(solved.message), ...solved.denials].join(": "),
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
    metadata: typed.metadata,
  });
}

interface Kind {
  reason: Reason;
  remedy?: string;
  /** Default: the code of the reason. */
  code?: Code;
}

/** Most errors of BuildKit differ by text only. */
const texts: [RegExp, Kind][] = [
  [
    /source .* not allowed by policy/s,
    { reason: "POLICY_DENIED", remedy: "Use a source that the policy allows, or change the policy." },
  ],
  [/the policy could not be evaluated/, { reason: "POLICY_FAILED" }],
  [
    /this BuildKit cannot enforce build policies/,
    { reason: "POLICY_UNSUPPORTED", remedy: "Update BuildKit to 0.27 or newer." },
  ],
  [/this BuildKit cannot hold a build/, { reason: "FEATURE_UNSUPPORTED", remedy: "Update BuildKit." }],
  [
    /secret \S+: not found|secret .* not found/,
    { reason: "SECRET_MISSING", remedy: "Add it to spec.secrets." },
  ],
  [
    /no SSH key|ssh forward|unset ssh|no ssh handler/i,
    { reason: "SSH_MISSING", remedy: "Add an agent or keys to spec.ssh." },
  ],
  [
    /failed to read dockerfile: open .*no such file/,
    { reason: "DOCKERFILE_NOT_FOUND", remedy: "Give its path in spec.dockerfile." },
  ],
  [
    /The ignore file is too large/,
    {
      reason: "DOCKERIGNORE_TOO_LARGE",
      remedy: "Replace single names by patterns, such as those of their folders.",
    },
  ],
  [
    /failed to marshal LLB definition: .*invalid UTF-8/,
    {
      reason: "DOCKERFILE_SYNTAX",
      remedy: "The Dockerfile, or a build argument that it uses, is not UTF-8. Save it in UTF-8.",
    },
  ],
  [
    /string field contains invalid UTF-8/,
    {
      reason: "FEATURE_UNSUPPORTED",
      remedy:
        "This BuildKit takes only file names in UTF-8. Rename the others, exclude them in .dockerignore, or update BuildKit.",
    },
  ],
  [/is more than the host takes/, { reason: "ANSWER_TOO_LARGE", code: Code.ResourceExhausted }],
  [/credential helper \S+ cannot be used/i, { reason: "CREDENTIAL_HELPER_FAILED" }],
  [/uploaded context could not be read/i, { reason: "UPLOAD_UNREADABLE" }],
  [
    /dockerfile parse error|unknown instruction|failed to parse|unknown flag/i,
    { reason: "DOCKERFILE_SYNTAX" },
  ],
  [
    /target stage .* could not be found/,
    { reason: "TARGET_UNKNOWN", remedy: 'List the stages with spec.call "targets".' },
  ],
  [
    /failed to compute cache key: .*not found|failed to calculate checksum of ref .*not found/,
    {
      reason: "FILE_NOT_FOUND",
      remedy: "Check that it is in the context, and that .dockerignore does not exclude it.",
    },
  ],
  [/token server \S+ uses plain HTTP/, registryKind("TOKEN_SERVER_INSECURE")],
  [/token server \S+ is refused/, registryKind("TOKEN_SERVER_REFUSED")],
  [
    /pull access denied|authorization failed|401 Unauthorized|insufficient_scope/i,
    registryKind("REGISTRY_UNAUTHORIZED"),
  ],
  [/failed to push.*failed to do request/s, registryKind("REGISTRY_UNREACHABLE")],
  [
    /entitlement|is not allowed/,
    {
      reason: "ENTITLEMENT_REQUIRED",
      remedy: "Grant it in spec.entitlements, and in the daemon's configuration.",
    },
  ],
  [
    /is written for two platforms|cannot overwrite .* when split option is disabled/,
    {
      reason: "OUTPUT_CLASH",
      remedy: "Leave out platform-split=false, so that each platform gets its own folder.",
    },
  ],
  [
    /the reader of the output disconnected|output \d+ was not read (within|for)/i,
    { reason: "OUTPUT_NOT_READ", remedy: "Read streamed outputs to their end." },
  ],
  [
    /cannot write the output: (ENOSPC|EDQUOT|EFBIG)/i,
    {
      reason: "OUTPUT_WRITE_FAILED",
      code: Code.ResourceExhausted,
      remedy: "No partial output is left. Free disk space, or choose another destination.",
    },
  ],
  [
    /cannot write the output:/i,
    { reason: "OUTPUT_WRITE_FAILED", remedy: "No partial output is left. Choose another destination." },
  ],
  [/unknown cache (exporter|importer)/, { reason: "FEATURE_UNSUPPORTED", remedy: "Use another cache type." }],
  [
    /failed to configure \S+ cache exporter/,
    { reason: "CACHE_EXPORT_FAILED", remedy: "Correct the attributes of the cache export." },
  ],
  [
    /error writing (layer|manifest|config|header) blob|exporting cache|ref .* locked|cache export/,
    {
      reason: "CACHE_EXPORT_FAILED",
      remedy: "With ignore-error=true the build succeeds without exporting its cache.",
    },
  ],
  [/failed to push/, { reason: "PUSH_FAILED" }],
  [
    /failed to resolve source metadata|failed to load metadata|failed to do request/,
    { reason: "IMAGE_UNAVAILABLE" },
  ],
];

/** Exit code of a process that SIGKILL ended. */
const killedCode = 137;
const killedRemedy =
  "A process with exit code 137 was killed, mostly because memory ran out: of the machine, or of the container or pod of BuildKit. Give it more, or let the step use less.";

/** What is looked at in a long message, in characters from each end: the cost of the patterns grows with its square. */
const maxEnd = 4096;

function classify({ message: whole, exitCode, code }: SolveFailure): Kind | undefined {
  if (exitCode === killedCode) return { reason: "STEP_FAILED", remedy: killedRemedy };
  if (exitCode !== undefined) return { reason: "STEP_FAILED" };
  if (code === Code.Canceled) return { reason: "CANCELED_BY_BUILDKIT" };
  const message = whole.length > 2 * maxEnd ? `${whole.slice(0, maxEnd)}\n${whole.slice(-maxEnd)}` : whole;
  const [, status] = /unexpected status from \w+ request to \S+: (\d{3})/.exec(message) ?? [];
  if (status) return registryKind(reasonOfStatus(Number(status)));
  return texts.find(([pattern]) => pattern.test(message))?.[1];
}

function registryKind(reason: RegistryReason): Kind {
  return { reason, remedy: registryRemedies[reason] };
}
