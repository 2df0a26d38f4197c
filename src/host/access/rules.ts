import type { Role } from "./principal.js";

/** Who may call one RPC. */
export interface Rule {
  /** The minimum role, on the host or in a project; "anyone" for a call that needs no credentials. */
  role: Role | "anyone";
  /**
   * What a non-admin reaches by the call: only what it created; also the builds of its projects; also the builds of the
   * projects that it is an admin of; only builders that it may use; or the same as everyone.
   */
  reach:
    | "own"
    | "own, of its projects"
    | "own, as admin of the project"
    | "allowed builders"
    | "same for all";
  /**
   * Whether callers on other machines may call it: always; only on a host that was started with
   * --allow-remote-admin; or never.
   */
  remote: "yes" | "with --allow-remote-admin" | "never";
}

const read = (reach: Rule["reach"]): Rule => ({ role: "viewer", reach, remote: "yes" });
const build = (reach: Rule["reach"]): Rule => ({ role: "builder", reach, remote: "yes" });
const change: Rule = { role: "admin", reach: "same for all", remote: "with --allow-remote-admin" };
const inspect: Rule = { role: "admin", reach: "same for all", remote: "yes" };
const own: Rule = { role: "admin", reach: "same for all", remote: "never" };

/** Whether a call needs no credentials. */
export function isForAnyone(method: string): boolean {
  return rules[method]?.role === "anyone";
}

/** What a token for one build may call, of what its principal may. The build is checked where it is looked up. */
export const callsOfOneBuild: ReadonlySet<string> = new Set([
  "slipway.v1.HostService/Negotiate",
  "slipway.v1.BuildService/WatchBuild",
  "slipway.v1.BuildService/GetBuild",
  "slipway.v1.BuildService/CancelBuild",
  "slipway.v1.BuildService/ReadOutput",
]);

/** The rule of every RPC, by service and method. docs/security.md shows this table. */
export const rules: Readonly<Record<string, Rule>> = {
  "slipway.v1.HostService/Negotiate": read("same for all"),
  "slipway.v1.HostService/Diagnose": inspect,
  "slipway.v1.HostService/Shutdown": own,

  "slipway.v1.AuthService/ExchangeToken": { role: "anyone", reach: "same for all", remote: "yes" },
  "slipway.v1.AuthService/GetLogin": { role: "anyone", reach: "same for all", remote: "yes" },

  "slipway.v1.BuildService/StartBuild": build("allowed builders"),
  "slipway.v1.BuildService/WatchBuild": read("own, of its projects"),
  "slipway.v1.BuildService/GetBuild": read("own, of its projects"),
  "slipway.v1.BuildService/ListBuilds": read("own, of its projects"),
  "slipway.v1.BuildService/CancelBuild": build("own, as admin of the project"),
  "slipway.v1.BuildService/ReadOutput": build("own, as admin of the project"),

  "slipway.v1.DebugService/StartProcess": build("own"),
  "slipway.v1.DebugService/WriteInput": build("own"),
  "slipway.v1.DebugService/ResizeTerminal": build("own"),
  "slipway.v1.DebugService/SignalProcess": build("own"),
  "slipway.v1.DebugService/ContinueBuild": build("own"),
  "slipway.v1.DebugService/SetBreakpoints": build("own"),
  "slipway.v1.DebugService/InspectStep": build("own"),
  "slipway.v1.DebugService/ListFiles": build("own"),
  "slipway.v1.DebugService/ReadFile": build("own"),

  "slipway.v1.BakeService/FetchBake": build("allowed builders"),
  "slipway.v1.BakeService/PlanBake": build("same for all"),
  "slipway.v1.BakeService/StartBake": build("allowed builders"),
  "slipway.v1.BakeService/WatchBake": read("own, of its projects"),

  "slipway.v1.BuildPolicyService/EvaluatePolicy": build("allowed builders"),
  "slipway.v1.BuildPolicyService/DescribeSource": build("allowed builders"),
  "slipway.v1.BuildPolicyService/TestPolicy": build("allowed builders"),

  "slipway.v1.UploadService/UploadTar": build("own"),
  "slipway.v1.UploadService/CreateUpload": build("own"),
  "slipway.v1.UploadService/WriteUpload": build("own"),
  "slipway.v1.UploadService/AddBlobs": build("own"),
  "slipway.v1.UploadService/FinishUpload": build("own"),
  "slipway.v1.UploadService/DeleteUpload": build("own"),

  "slipway.v1.BuilderService/GetBuilder": read("allowed builders"),
  "slipway.v1.BuilderService/ListBuilders": read("allowed builders"),
  "slipway.v1.BuilderService/BootstrapBuilder": build("allowed builders"),
  "slipway.v1.BuilderService/CreateBuilder": change,
  "slipway.v1.BuilderService/AppendNode": change,
  "slipway.v1.BuilderService/UpdateNode": change,
  "slipway.v1.BuilderService/LeaveNode": change,
  "slipway.v1.BuilderService/StopBuilder": change,
  "slipway.v1.BuilderService/RemoveBuilder": change,
  "slipway.v1.BuilderService/SetDefaultBuilder": change,
  "slipway.v1.BuilderService/SetBuilderAccess": change,
  "slipway.v1.BuilderService/GetDiskUsage": inspect,
  "slipway.v1.BuilderService/GetDiskUsageHistory": inspect,
  "slipway.v1.BuilderService/PruneBuilder": change,
  "slipway.v1.BuilderService/DialBuilder": change,

  "slipway.v1.PluginService/ListDrivers": read("same for all"),
  "slipway.v1.PluginService/ListPlugins": inspect,
  "slipway.v1.PluginService/RestartPlugin": change,
  "slipway.v1.PluginService/InstallPlugin": own,
  "slipway.v1.PluginService/RemovePlugin": own,
  "slipway.v1.PluginService/SetPluginEnabled": own,
  "slipway.v1.PluginService/VerifyPlugins": own,
  "slipway.v1.PluginService/AttachPlugin": own,
  "slipway.v1.PluginService/DetachPlugin": own,

  "slipway.v1.ImageService/InspectImage": build("same for all"),
  "slipway.v1.ImageService/CreateImage": build("same for all"),

  "slipway.v1.HistoryService/ListHistory": inspect,
  "slipway.v1.HistoryService/GetHistoryRecord": inspect,
  "slipway.v1.HistoryService/WatchHistoryLogs": inspect,
  "slipway.v1.HistoryService/ReadHistoryAttachment": inspect,
  "slipway.v1.HistoryService/ReadHistoryTrace": inspect,
  "slipway.v1.HistoryService/ExportHistory": inspect,
  "slipway.v1.HistoryService/DeleteHistory": change,

  "grpc.health.v1.Health/Check": read("same for all"),
  "grpc.health.v1.Health/Watch": read("same for all"),
  "grpc.reflection.v1.ServerReflection/ServerReflectionInfo": read("same for all"),
  "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": read("same for all"),
};
