import { BuildFailed, Code } from "slipway/driver";

const kinds: [RegExp, { reason: string; code: Code; remedy?: string }][] = [
  [
    /secret required but no secret/,
    { reason: "SECRET_MISSING", code: Code.InvalidArgument, remedy: "Add the secret to the build." },
  ],
  [
    /The target .* was not found/,
    {
      reason: "TARGET_UNKNOWN",
      code: Code.NotFound,
      remedy: "Use the name of one of the Dockerfile's stages.",
    },
  ],
  [
    /Unknown instruction|RUN only supports|no FROM statement|[Ss]yntax error|parse error|unexpected/,
    {
      reason: "DOCKERFILE_SYNTAX",
      code: Code.InvalidArgument,
      remedy: "Use only the Dockerfile syntax that Buildah supports.",
    },
  ],
  [
    /copier: stat: .*no such file|no items matching glob/,
    {
      reason: "FILE_NOT_FOUND",
      code: Code.NotFound,
      remedy: "Check that the file is in the context and not excluded by .dockerignore.",
    },
  ],
  [
    /unauthorized|authentication required|denied:/i,
    {
      reason: "REGISTRY_UNAUTHORIZED",
      code: Code.PermissionDenied,
      remedy: "Log in to the registry, for example with `docker login`.",
    },
  ],
  [/pinging container registry/, { reason: "REGISTRY_UNREACHABLE", code: Code.Unavailable }],
  [/initializing source|reading manifest/, { reason: "IMAGE_UNAVAILABLE", code: Code.NotFound }],
  [
    /no space left on device/,
    {
      reason: "BUILDAH_STORAGE_FULL",
      code: Code.ResourceExhausted,
      remedy: "Free disk space on the machine of the Slipway host.",
    },
  ],
];

/**
 * Makes a typed error from the last lines of a failed run.
 * @param vertex id of the current step
 */
export function failure(stderr: string, vertex: string): BuildFailed {
  const last = stderr
    .trim()
    .split("\n")
    .findLast((line) => line.startsWith("Error: "));
  const message =
    (last ?? stderr.trim().split("\n").at(-1) ?? "").replace(/^Error: /, "") || "Buildah printed no reason";
  const [, status] = /while running runtime: exit status (\d+)$/.exec(message) ?? [];
  if (status) {
    const exitCode = Number(status);
    return new BuildFailed({ reason: "STEP_FAILED", code: Code.Unknown, message, vertex, exitCode });
  }
  const kind = kinds.find(([pattern]) => pattern.test(message))?.[1];
  return new BuildFailed({ reason: "BUILDAH_FAILED", code: Code.Unknown, ...kind, message, vertex });
}
