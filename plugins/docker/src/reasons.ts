import { Code } from "slipway/driver";

/** Reasons of the docker driver; docs/drivers.md is generated from it. */
export const reasons = {
  BUILDER_IMPLICIT: {
    codes: [Code.Unimplemented],
    meaning: "the builder stands for a Docker context and cannot be removed",
    recovery: "`docker context rm`",
  },
  BUILDKIT_TOO_OLD: {
    codes: [],
    meaning: "feature: the Engine's BuildKit is too old for it",
    recovery: "update the Engine",
  },
  CONTAINERD_STORE_REQUIRED: {
    codes: [],
    meaning: "feature: the Engine needs the containerd image store for it",
    recovery: "turn that store on, or use another driver",
  },
  ENGINE_GRPC_FORBIDDEN: {
    codes: [Code.PermissionDenied],
    meaning: "a proxy or authorization plugin blocks access to BuildKit",
    recovery: "allow `POST /grpc`",
  },
  ENGINE_WINDOWS_CONTAINERS: {
    codes: [Code.FailedPrecondition],
    meaning: "the Engine runs Windows containers, without BuildKit",
  },
  ENGINE_WITHOUT_BUILDKIT: {
    codes: [Code.FailedPrecondition],
    meaning: "the Engine does not offer BuildKit",
    recovery: "update it, or use another driver",
  },
  IMAGE_LOAD_FAILED: {
    codes: [Code.InvalidArgument],
    meaning: "the Engine refuses the image; its message is shown",
  },
  IMAGE_NAME_INVALID: { codes: [Code.InvalidArgument], meaning: "a push names an image by digest" },
  IMAGE_NAME_MISSING: { codes: [Code.InvalidArgument], meaning: "no image is named" },
  IMAGE_NOT_FOUND: { codes: [Code.NotFound], meaning: "the image to push does not exist" },
  IMAGE_PUSH_FAILED: { codes: [Code.Unknown], meaning: "the push failed; the Engine's message is shown" },
  INSTANCES_UNSUPPORTED: {
    codes: [Code.InvalidArgument],
    meaning: "a builder can only be created for a Docker context with its name",
    recovery: "`docker context create`, or use another driver",
  },
  REGISTRY_DENIED: { codes: [Code.PermissionDenied], meaning: "the user may not push to the repository" },
  REGISTRY_UNAUTHORIZED: {
    codes: [Code.Unauthenticated],
    meaning: "the registry wants a login",
    recovery: "`docker login`",
  },
};
