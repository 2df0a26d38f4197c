import { BuildFailed, Code } from "slipway/driver";

const kinds: [RegExp, { reason: string; code: Code; remedy?: string }][] = [
  [
    /secret required but no secret/,
    { reason: "SECRET_MISSING", code: Code.InvalidArgument, remedy: "give it with --secret id=…,src=…" },
  ],
  [
    /The target .* was not found/,
    { reason: "TARGET_UNKNOWN", code: Code.NotFound, remedy: "name one of the Dockerfile's stages" },
  ],
  [
    /Unknown instruction|RUN only supports|no FROM statement|[Ss]yntax error|parse error|unexpected/,
    {
      reason: "DOCKERFILE_SYNTAX",
      code: Code.InvalidArgument,
      remedy: "see which Dockerfiles Buildah takes",
    },
  ],
  [
    /copier: stat: .*no such file|no items matching glob/,
    {
      reason: "FILE_NOT_FOUND",
      code: Code.NotFound,
      remedy: "is it in the context, and not in .dockerignore?",
    },
  ],
  [
    /unauthorized|authentication required|denied:/i,
    { reason: "REGISTRY_UNAUTHORIZED", code: Code.PermissionDenied, remedy: "log in with docker login" },
  ],
  [/pinging container registry/, { reason: "REGISTRY_UNREACHABLE", code: Code.Unavailable }],
  [/initializing source|reading manifest/, { reason: "IMAGE_UNAVAILABLE", code: Code.NotFound }],
  [/no space left on device/, { reason: "STORAGE_FULL", code: Code.ResourceExhausted, remedy: "make room" }],
];

/**
 * Why Buildah ended badly, from its last lines.
 * @param vertex digest of the step that went on
 */
export function failure(stderr: string, vertex: string): BuildFailed {
  const last = stderr
    .trim()
    .split("\n")
    .findLast((line) => line.startsWith("Error: "));
  const message =
    (last ?? stderr.trim().split("\n").at(-1) ?? "").replace(/^Error: /, "") || "it does not say why";
  const [, status] = /while running runtime: exit status (\d+)$/.exec(message) ?? [];
  if (status) {
    const exitCode = Number(status);
    return new BuildFailed({ reason: "STEP_FAILED", code: Code.Unknown, message, vertex, exitCode });
  }
  const kind = kinds.find(([pattern]) => pattern.test(message))?.[1];
  return new BuildFailed({ reason: "BUILDAH_FAILED", code: Code.Unknown, ...kind, message, vertex });
}
