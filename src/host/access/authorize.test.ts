import type { DescService } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.js";
import { AuthService } from "../../gen/slipway/v1/auth_pb.js";
import { BakeService } from "../../gen/slipway/v1/bake_pb.js";
import { BuildService } from "../../gen/slipway/v1/build_pb.js";
import { BuildPolicyService } from "../../gen/slipway/v1/build_policy_pb.js";
import { BuilderService } from "../../gen/slipway/v1/builder_pb.js";
import { DebugService } from "../../gen/slipway/v1/debug_pb.js";
import { HistoryService } from "../../gen/slipway/v1/history_pb.js";
import { HostService } from "../../gen/slipway/v1/host_pb.js";
import { ImageService } from "../../gen/slipway/v1/image_pb.js";
import { PluginService } from "../../gen/slipway/v1/plugin_pb.js";
import { UploadService } from "../../gen/slipway/v1/upload_pb.js";
import { maySee, maySeeBuild, mayUse, reductionOf, refusalOf } from "./authorize.js";
import { localPrincipal, type Principal, type Role, roles } from "./principal.js";
import { rules } from "./rules.js";

const services: DescService[] = [
  HostService,
  AuthService,
  BuildService,
  DebugService,
  BakeService,
  UploadService,
  BuilderService,
  PluginService,
  HistoryService,
  BuildPolicyService,
  ImageService,
  Health,
  ServerReflection,
  ServerReflectionAlpha,
];
const methods = services.flatMap((service) =>
  service.methods.map((method) => `${service.typeName}/${method.name}`),
);

const remote = (role: Role | undefined): Principal => ({ id: "token:t", role, groups: [] });
const reasonOf = (method: string, role: Role | undefined, allowRemoteAdmin: boolean) => {
  const refusal = refusalOf(method, { principal: remote(role), isLocal: false }, { allowRemoteAdmin });
  return refusal && readTypedError(refusal).reason;
};

it("there is a rule for every RPC, and for nothing else", () => {
  expect(Object.keys(rules).sort()).toEqual([...methods].sort());
});

/** What callers on TCP may call at least with a role. Written out, so that a rule that changes by mistake fails. */
const promised = {
  viewer: `HostService/Negotiate AuthService/ExchangeToken AuthService/GetLogin BuildService/WatchBuild BuildService/GetBuild BuildService/ListBuilds BakeService/WatchBake
    BuilderService/GetBuilder BuilderService/ListBuilders PluginService/ListDrivers Health/Check Health/Watch
    ServerReflection/ServerReflectionInfo`,
  builder: `BuildService/StartBuild BuildService/CancelBuild BuildService/ReadOutput DebugService/StartProcess
    DebugService/WriteInput DebugService/ResizeTerminal DebugService/SignalProcess DebugService/ContinueBuild
    DebugService/SetBreakpoints DebugService/InspectStep DebugService/ListFiles DebugService/ReadFile
    BakeService/FetchBake BakeService/PlanBake
    BakeService/StartBake UploadService/UploadTar UploadService/CreateUpload UploadService/WriteUpload
    UploadService/AddBlobs UploadService/FinishUpload UploadService/DeleteUpload BuilderService/BootstrapBuilder
    ImageService/InspectImage ImageService/CreateImage BuildPolicyService/EvaluatePolicy
    BuildPolicyService/DescribeSource BuildPolicyService/TestPolicy`,
  admin: `HostService/Diagnose BuilderService/GetDiskUsage PluginService/ListPlugins HistoryService/ListHistory
    HistoryService/GetHistoryRecord HistoryService/WatchHistoryLogs HistoryService/ReadHistoryAttachment
    HistoryService/ReadHistoryTrace HistoryService/ExportHistory`,
  "admin, with --allow-remote-admin": `BuilderService/CreateBuilder BuilderService/AppendNode BuilderService/UpdateNode
    BuilderService/LeaveNode BuilderService/StopBuilder BuilderService/RemoveBuilder BuilderService/SetDefaultBuilder
    BuilderService/SetBuilderAccess BuilderService/PruneBuilder BuilderService/DialBuilder PluginService/RestartPlugin
    HistoryService/DeleteHistory`,
  nobody: `HostService/Shutdown PluginService/InstallPlugin PluginService/RemovePlugin PluginService/SetPluginEnabled
    PluginService/VerifyPlugins PluginService/AttachPlugin PluginService/DetachPlugin`,
};

it.each(Object.entries(promised))("over TCP %s may call what is promised", (least, list) => {
  const shortName = (method: string) => method.split(".").at(-1)!;
  const leastFor = (method: string) => {
    const role = roles.find((each) => reasonOf(method, each, false) === undefined);
    if (role) return role as string;
    return reasonOf(method, "admin", true) === undefined ? "admin, with --allow-remote-admin" : "nobody";
  };
  const found = methods.filter((method) => leastFor(method) === least).map(shortName);
  expect([...new Set(found)].sort()).toEqual(list.split(/\s+/).sort());
});

describe.each(methods)("%s", (method) => {
  const { role: needed, remote: fromAfar } = rules[method]!;

  it.each(roles)("over TCP by a %s", (role) => {
    const enough = needed === "anyone" || roles.indexOf(role) >= roles.indexOf(needed);
    const later = { yes: undefined, "with --allow-remote-admin": "REMOTE_ADMIN_OFF", never: "LOCAL_ONLY" };
    expect(reasonOf(method, role, false)).toBe(enough ? later[fromAfar] : "ROLE_REQUIRED");
    const open = fromAfar === "never" ? "LOCAL_ONLY" : undefined;
    expect(reasonOf(method, role, true)).toBe(enough ? open : "ROLE_REQUIRED");
  });

  it("by a principal without a role, and by the local user", () => {
    expect(reasonOf(method, undefined, true)).toBe(needed === "anyone" ? undefined : "ROLE_MISSING");
    const local = { principal: localPrincipal, isLocal: true };
    expect(refusalOf(method, local, { allowRemoteAdmin: false })).toBeUndefined();
  });
});

it("a token for one build watches and cancels that build, and nothing else", () => {
  const principal = { ...remote("admin"), build: "b1" };
  const allowed = methods.filter(
    (method) => !refusalOf(method, { principal, isLocal: false }, { allowRemoteAdmin: true }),
  );
  expect(allowed.map((method) => method.split(".").at(-1))).toEqual([
    "HostService/Negotiate",
    "AuthService/ExchangeToken",
    "AuthService/GetLogin",
    "BuildService/WatchBuild",
    "BuildService/GetBuild",
    "BuildService/CancelBuild",
    "BuildService/ReadOutput",
  ]);
  expect(maySeeBuild(principal, { owner: "token:t", id: "b1" })).toBe(true);
  expect(maySeeBuild(principal, { owner: "token:t", id: "b2" })).toBe(false);
  expect(maySeeBuild({ ...remote("builder"), build: "b1" }, { owner: "token:u", id: "b1" })).toBe(false);
});

it("a method without a rule is for the local user only", () => {
  expect(reasonOf("slipway.v1.NewService/Call", "admin", true)).toBe("LOCAL_ONLY");
  expect(reasonOf("slipway.v1.NewService/Call", "builder", true)).toBe("ROLE_REQUIRED");
});

it.each([
  ["viewer", "token:t", true],
  ["builder", "token:t", true],
  ["builder", "token:other", false],
  ["builder", "", false],
  ["builder", "local", false],
  ["admin", "token:other", true],
] as const)("a %s may see what %j made: %s", (role, owner, expected) => {
  expect(maySee(remote(role), owner)).toBe(expected);
});

it.each([
  [[], [], "builder", true],
  [["token:t"], [], "builder", true],
  [["t"], [], "builder", false],
  [["token:other", "group:a"], ["a"], "viewer", true],
  [["group:a"], ["b"], "builder", false],
  [["group:a"], [], "admin", true],
  [["a"], ["a"], "builder", false],
] as const)(
  "a builder for %j may be used by a member of %j with the role %s: %s",
  (allowed, groups, role, expected) => {
    expect(mayUse({ ...remote(role), groups }, allowed)).toBe(expected);
  },
);

it.each([
  // What others created.
  ["BuildService/WatchBuild", "admin", [], "builder", [], "ACCESS_CHANGED"],
  ["BuildService/WatchBuild", "admin", [], "viewer", [], "ACCESS_CHANGED"],
  ["BuildService/WatchBuild", "builder", ["a"], "viewer", [], undefined],
  ["BuildService/WatchBuild", "viewer", [], "admin", [], undefined],
  // Builders that are limited to a group.
  ["BuilderService/BootstrapBuilder", "builder", ["a", "b"], "builder", ["b"], "ACCESS_CHANGED"],
  ["BuilderService/BootstrapBuilder", "admin", [], "builder", [], "ACCESS_CHANGED"],
  ["BuilderService/BootstrapBuilder", "builder", ["a"], "builder", ["a", "b"], undefined],
  ["BuilderService/BootstrapBuilder", "builder", ["a"], "admin", [], undefined],
  ["HostService/Negotiate", "admin", ["a"], "viewer", [], undefined],
] as const)(
  "an open call of %s whose caller was %s of %j, and is %s of %j: %s",
  (method, before, left, now, groups, expected) => {
    const reduction = reductionOf(
      `slipway.v1.${method}`,
      { ...remote(before), groups: left },
      { ...remote(now), groups },
    );
    expect(reduction && readTypedError(reduction).reason).toBe(expected);
  },
);
