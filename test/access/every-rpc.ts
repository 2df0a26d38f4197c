import type { DescMethod } from "@bufbuild/protobuf";
import { createClient, type Transport } from "@connectrpc/connect";
import { readTypedError } from "../../src/errors/typed-error.js";
import type { ListBuildsResponse } from "../../src/gen/slipway/v1/build_pb.js";
import type { ListBuildersResponse } from "../../src/gen/slipway/v1/builder_pb.js";

/** A call of one RPC, whose request names what ann created. */
export interface Row {
  /** The request; for a stream its only message. */
  request?(ann: Owned): object | Promise<object>;
  /** The reason of the handler's answer to callers that it serves; none for success. */
  served?: string;
  /** The reason of its answer to callers that may not see what the request names; the call succeeds without. */
  unseen?: string;
  /** Where the call succeeds for all: whether it reached what ann created. */
  reaches?(answer: unknown, ann: Owned, request: object): boolean | Promise<boolean>;
}

/** What ann created. */
export interface Owned {
  /** Id of her build, which has ended. */
  build: string;
  /** A builder that is limited to her. */
  builder: string;
  /** Begins an upload. */
  upload(): Promise<{ id: string }>;
  /** Whether she has an upload. */
  has(id: string): Promise<boolean>;
}

/** A context that is ready, and nothing to build. */
export const spec = {
  context: { source: { case: "empty" as const, value: {} } },
  dockerfile: { source: { case: "content" as const, value: Buffer.from("FROM scratch\n") } },
};

const ofBuild: Row = { request: ({ build }) => ({ id: build }), unseen: "BUILD_UNKNOWN" };
const ofHeldBuild: Row = { ...ofBuild, served: "BUILD_NOT_HELD" };
const ofUpload: Row = { request: ({ upload }) => upload(), unseen: "UPLOAD_NOT_FOUND" };
const ofBuilder: Row = { request: ({ builder }) => ({ name: builder }), unseen: "BUILDER_UNKNOWN" };
/** Changes nothing, for it names no builder that exists. */
const ofNone: Row = {
  request: () => ({ name: "none", builder: "none" }),
  served: "BUILDER_UNKNOWN",
};

const reflection: Row = { request: () => ({ messageRequest: { case: "listServices", value: "" } }) };

/** How every RPC is called. */
export const rows: Readonly<Record<string, Row>> = {
  "slipway.v1.HostService/Negotiate": {},
  "slipway.v1.HostService/Diagnose": {},
  "slipway.v1.HostService/Shutdown": {},

  "slipway.v1.AuthService/ExchangeToken": { served: "ISSUERS_ABSENT" },
  "slipway.v1.AuthService/GetLogin": { served: "LOGIN_ABSENT" },

  "slipway.v1.BuildService/StartBuild": {
    request: ({ builder }) => ({ spec: { ...spec, builder } }),
    unseen: "BUILDER_UNKNOWN",
  },
  "slipway.v1.BuildService/WatchBuild": ofBuild,
  "slipway.v1.BuildService/GetBuild": ofBuild,
  "slipway.v1.BuildService/ListBuilds": {
    reaches: (answer, { build }) => (answer as ListBuildsResponse).builds.some(({ id }) => id === build),
  },
  "slipway.v1.BuildService/CancelBuild": ofBuild,
  "slipway.v1.BuildService/ReadOutput": { ...ofBuild, served: "BUILD_OVER" },

  "slipway.v1.DebugService/StartProcess": ofHeldBuild,
  "slipway.v1.DebugService/WriteInput": ofHeldBuild,
  "slipway.v1.DebugService/ResizeTerminal": ofHeldBuild,
  "slipway.v1.DebugService/SignalProcess": ofHeldBuild,
  "slipway.v1.DebugService/ContinueBuild": ofHeldBuild,
  "slipway.v1.DebugService/SetBreakpoints": ofHeldBuild,
  "slipway.v1.DebugService/InspectStep": ofHeldBuild,
  "slipway.v1.DebugService/ListFiles": ofHeldBuild,
  "slipway.v1.DebugService/ReadFile": ofHeldBuild,

  "slipway.v1.BakeService/FetchBake": {
    request: ({ builder }) => ({ builder, url: "ftp://host/file" }),
    served: "CONTEXT_URL_INVALID",
    unseen: "BUILDER_UNKNOWN",
  },
  "slipway.v1.BakeService/PlanBake": { served: "BAKE_INVALID" },
  "slipway.v1.BakeService/StartBake": {
    request: ({ builder }) => ({ targets: [{ name: "target", spec: { ...spec, builder } }] }),
    unseen: "BUILDER_UNKNOWN",
  },
  "slipway.v1.BakeService/WatchBake": {
    request: ({ build }) => ({ targets: [{ name: "target", id: build }] }),
    unseen: "BUILD_UNKNOWN",
  },

  "slipway.v1.BuildPolicyService/EvaluatePolicy": {
    request: ({ builder }) => ({ lookup: { builder }, source: "ftp://host/file" }),
    served: "POLICY_SOURCE_INVALID",
    unseen: "BUILDER_UNKNOWN",
  },
  "slipway.v1.BuildPolicyService/DescribeSource": {
    request: ({ builder }) => ({ lookup: { builder }, source: "ftp://host/file" }),
    served: "POLICY_SOURCE_INVALID",
    unseen: "BUILDER_UNKNOWN",
  },
  "slipway.v1.BuildPolicyService/TestPolicy": { served: "POLICY_INVALID" },

  "slipway.v1.UploadService/UploadTar": { served: "UPLOAD_START_MISSING" },
  "slipway.v1.UploadService/CreateUpload": {},
  "slipway.v1.UploadService/WriteUpload": { ...ofUpload, served: "UPLOAD_WRONG_KIND" },
  "slipway.v1.UploadService/AddBlobs": ofUpload,
  "slipway.v1.UploadService/FinishUpload": ofUpload,
  "slipway.v1.UploadService/DeleteUpload": {
    request: ({ upload }) => upload(),
    // DeleteUpload succeeds for an upload that the caller cannot see, and leaves it.
    reaches: async (_, { has }, request) => !(await has((request as { id: string }).id)),
  },

  "slipway.v1.BuilderService/GetBuilder": ofBuilder,
  "slipway.v1.BuilderService/ListBuilders": {
    reaches: (answer, { builder }) =>
      (answer as ListBuildersResponse).builders.some(({ name }) => name === builder),
  },
  "slipway.v1.BuilderService/BootstrapBuilder": ofBuilder,
  "slipway.v1.BuilderService/CreateBuilder": {
    request: () => ({ name: "new", driver: "none" }),
    served: "DRIVER_UNKNOWN",
  },
  "slipway.v1.BuilderService/AppendNode": ofNone,
  "slipway.v1.BuilderService/UpdateNode": ofNone,
  "slipway.v1.BuilderService/LeaveNode": ofNone,
  "slipway.v1.BuilderService/StopBuilder": ofNone,
  "slipway.v1.BuilderService/RemoveBuilder": ofNone,
  "slipway.v1.BuilderService/SetDefaultBuilder": ofNone,
  "slipway.v1.BuilderService/SetBuilderAccess": ofNone,
  "slipway.v1.BuilderService/GetDiskUsage": ofNone,
  "slipway.v1.BuilderService/GetDiskUsageHistory": ofNone,
  "slipway.v1.BuilderService/PruneBuilder": ofNone,
  "slipway.v1.BuilderService/DialBuilder": {
    request: () => ({ message: { case: "target", value: { builder: "none" } } }),
    served: "BUILDER_UNKNOWN",
  },

  "slipway.v1.PluginService/ListDrivers": {},
  "slipway.v1.PluginService/ListPlugins": {},
  "slipway.v1.PluginService/RestartPlugin": { request: () => ({ name: "none" }), served: "PLUGIN_UNKNOWN" },
  "slipway.v1.PluginService/InstallPlugin": { served: "PATH_NOT_ABSOLUTE" },
  "slipway.v1.PluginService/RemovePlugin": { request: () => ({ name: "none" }), served: "PLUGIN_UNKNOWN" },
  "slipway.v1.PluginService/SetPluginEnabled": {
    request: () => ({ name: "none" }),
    served: "PLUGIN_UNKNOWN",
  },
  "slipway.v1.PluginService/VerifyPlugins": {},
  "slipway.v1.PluginService/AttachPlugin": { served: "REATTACH_INVALID" },
  "slipway.v1.PluginService/DetachPlugin": {
    request: () => ({ name: "none" }),
    served: "PLUGIN_NOT_ATTACHED",
  },

  "slipway.v1.ImageService/InspectImage": {
    request: () => ({ name: "NO NAME" }),
    served: "IMAGE_NAME_INVALID",
  },
  "slipway.v1.ImageService/CreateImage": { served: "IMAGE_SOURCES_MISSING" },

  "slipway.v1.HistoryService/ListHistory": ofNone,
  "slipway.v1.HistoryService/GetHistoryRecord": ofNone,
  "slipway.v1.HistoryService/WatchHistoryLogs": ofNone,
  "slipway.v1.HistoryService/ReadHistoryAttachment": ofNone,
  "slipway.v1.HistoryService/ReadHistoryTrace": ofNone,
  "slipway.v1.HistoryService/ExportHistory": ofNone,
  "slipway.v1.HistoryService/DeleteHistory": {
    request: () => ({ builder: "none", refs: ["none"] }),
    served: "BUILDER_UNKNOWN",
  },

  "grpc.health.v1.Health/Check": {},
  "grpc.health.v1.Health/Watch": {},
  "grpc.reflection.v1.ServerReflection/ServerReflectionInfo": reflection,
  "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": reflection,
};

/** Calls an RPC of any kind. Resolves to the first message of the answer; later ones are not read. */
async function call(transport: Transport, method: DescMethod, request: object): Promise<unknown> {
  const client = createClient(method.parent, transport) as unknown as Record<
    string,
    (input: unknown) => Promise<unknown> & AsyncIterable<unknown>
  >;
  const kind = method.methodKind;
  const isStream = kind === "client_streaming" || kind === "bidi_streaming";
  const answer = client[method.localName]!(isStream ? once(request) : request);
  if (kind === "unary" || kind === "client_streaming") return answer;
  for await (const message of answer) return message;
  return undefined;
}

async function* once(request: object) {
  yield request;
}

/** What a caller gets: the reason of the error, or "served"; "not seen" if the call did not reach what ann created. */
export async function outcome(transport: Transport, method: DescMethod, ann: Owned): Promise<string> {
  const row = rows[`${method.parent.typeName}/${method.name}`]!;
  const request = { ...(await row.request?.(ann)) };
  try {
    const answer = await call(transport, method, request);
    const reached = (await row.reaches?.(answer, ann, request)) ?? true;
    return reached ? "served" : "not seen";
  } catch (error) {
    return readTypedError(error).reason || String(error);
  }
}
