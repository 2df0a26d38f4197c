import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons with which `StartBuild` refuses a specification. */
export const buildSpecReasons = {
  ANNOTATION_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "an annotation has no usable name or an unknown level",
  },
  ATTESTATION_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the parameters of an attestation cannot be used",
  },
  ATTESTATION_UNKNOWN: {
    codes: [Code.InvalidArgument],
    meaning: "the attestation type is neither `provenance` nor `sbom`",
  },
  ATTRIBUTES_CONFLICT: {
    codes: [Code.InvalidArgument],
    meaning: "two attributes of an output exclude each other, or one differs from the typed form",
  },
  ATTRIBUTE_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "an attribute of an output or cache has an invalid value",
  },
  ATTRIBUTE_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "a cache lacks an attribute that its type needs",
  },
  CACHE_TYPE_UNKNOWN: {
    codes: [Code.InvalidArgument],
    meaning: "the cache type is unknown in this direction",
  },
  CALL_UNKNOWN: {
    codes: [Code.InvalidArgument],
    meaning: "`call` is not `build`, `check`, `outline` or `targets`",
  },
  CONTEXT_KIND_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "an image or OCI layout as the main context",
    recovery: "use it as a named context",
  },
  CONTEXT_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "no context is given",
    recovery: "give a path, an upload or a URL",
  },
  CONTEXT_NOT_A_DIRECTORY: {
    codes: [Code.InvalidArgument],
    meaning: "the path of the context is not a folder",
  },
  CONTEXT_NOT_FOUND: {
    codes: [Code.NotFound],
    meaning: "the folder of the context does not exist",
  },
  CONTEXT_UNREADABLE: {
    codes: [Code.InvalidArgument],
    meaning: "the folder of the context cannot be read",
  },
  CONTEXT_URL_INVALID: {
    codes: [Code.InvalidArgument],
    meaning:
      "the URL of the context is neither git nor http(s), has more than 16384 characters, or its git part is wrong",
  },
  DISPLAY_NAME_INVALID: {
    codes: [Code.InvalidArgument],
    meaning:
      "the display name contains control characters, line ends or characters that change its direction",
  },
  DOCKERFILE_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "an empty context and no Dockerfile",
    recovery: "give `dockerfile.content`",
  },
  DOCKERFILE_NOT_A_FILE: {
    codes: [Code.InvalidArgument],
    meaning: "the path of the Dockerfile is not a file",
  },
  DOCKERFILE_NOT_FOUND: {
    codes: [Code.NotFound],
    meaning: "the Dockerfile does not exist",
    recovery: "name it in `dockerfile`, or use another context",
  },
  DOCKERFILE_OUTSIDE_CONTEXT: {
    codes: [Code.InvalidArgument],
    meaning: "the Dockerfile's name leaves the context",
    recovery: "give `dockerfile.path` or `dockerfile.content`",
  },
  DOCKERFILE_UNREADABLE: {
    codes: [Code.InvalidArgument],
    meaning: "the Dockerfile cannot be read",
  },
  ENTITLEMENT_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "an entitlement is unknown, or `--allow` cannot be parsed",
  },
  IMAGE_NAME_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "`stored_image` of a named context has no name",
  },
  LABEL_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "a label contains control characters; its value may contain tabs and line ends",
  },
  LIST_TOO_LONG: {
    codes: [Code.InvalidArgument],
    meaning: "a list or map of the specification has more than 1000 entries",
  },
  NAMED_CONTEXT_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the name or source of a named context cannot be used",
  },
  NETWORK_UNKNOWN: {
    codes: [Code.InvalidArgument],
    meaning: "the network mode is unknown",
  },
  PLATFORM_UNKNOWN: {
    codes: [Code.InvalidArgument],
    meaning: "a platform is not `os/arch[/variant]`, or no node builds it",
  },
  POLICY_ENGINE_MISSING: {
    codes: [Code.FailedPrecondition],
    meaning: "no plugin evaluates the language of a policy that is tried out, or it cannot do what is asked",
    recovery: "install a policy engine, or update it",
  },
  POLICY_INVALID: {
    codes: [Code.InvalidArgument],
    meaning:
      "`--policy` cannot be parsed, or a policy file cannot be used: its name, its size, or what is in it",
  },
  POLICY_SOURCE_FAILED: {
    codes: [Code.FailedPrecondition],
    meaning: "BuildKit cannot look up what a policy wants to know about a source",
    recovery: "check the name of the source, and the login for its registry",
  },
  POLICY_SOURCE_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "what a policy is to decide about is no image, git or http URL, or local context",
  },
  POLICY_UNSUPPORTED: {
    codes: [Code.FailedPrecondition],
    meaning:
      "the build has a policy, and no plugin evaluates its language, or the builder's BuildKit enforces no policies",
    recovery: "install a policy engine, or set `policy.disabled` and give no policies",
  },
  PROJECT_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the project has control characters, line ends, or more than 128 characters",
  },
  PROJECT_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "the caller has more than one project, and `project` names none",
    recovery: "name one; the remedy lists them",
  },
  PROJECT_UNKNOWN: {
    codes: [Code.NotFound],
    meaning: "the caller has no role in the project",
    recovery: "the remedy lists the caller's projects",
  },
  SECRET_ID_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "a secret has no id",
  },
  SECRET_TOO_LARGE: {
    codes: [Code.InvalidArgument],
    meaning: "a secret is larger than BuildKit accepts (500 KiB)",
    recovery: "use a named context",
  },
  SENSITIVE_VALUES_TOO_LARGE: {
    codes: [Code.InvalidArgument],
    meaning:
      "more than 256 values have to be masked, or values of more than 131072 characters: those of `sensitive_parameters`, and credentials in URLs",
    recovery: "mark fewer or shorter values, and give secrets as `secrets`",
  },
  SPEC_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "the request has no `spec`",
  },
  TAG_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "a tag or image name is not a valid reference",
  },
  TAG_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "an output pushes and the image has no name",
    recovery: "give a tag with the registry's name",
  },
  TIMEOUT_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "`queue_timeout` or `run_timeout` is not more than 0",
  },
  UNTRUSTED_REFUSED: {
    codes: [Code.PermissionDenied],
    meaning: "a build of an untrusted principal names an external cache or an image store",
    recovery: "leave it out of untrusted builds",
  },
} satisfies ReasonTable;
