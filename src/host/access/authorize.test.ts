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
import {
  inProject,
  maySee,
  maySeeBuild,
  mayUse,
  projectFor,
  reductionOf,
  refusalOf,
  requireChange,
} from "./authorize.js";
import { granted, localPrincipal, type Principal, type Role, roles } from "./principal.js";
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
  admin: `HostService/Diagnose BuilderService/GetDiskUsage BuilderService/GetDiskUsageHistory
    PluginService/ListPlugins HistoryService/ListHistory
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
  const buildOf = (owner: string, id: string) => ({ owner, id, project: "" });
  expect(maySeeBuild(principal, buildOf("token:t", "b1"))).toBe(true);
  expect(maySeeBuild(principal, buildOf("token:t", "b2"))).toBe(false);
  expect(maySeeBuild({ ...remote("builder"), build: "b1" }, buildOf("token:u", "b1"))).toBe(false);
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

const member = (projects: Record<string, Role>) =>
  granted("token:t", { projects: new Map(Object.entries(projects)), groups: [] });

/** The reason with which a call is refused; undefined if it is not. */
function reasonFor(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (cause) {
    return readTypedError(cause).reason;
  }
}

describe.each([
  ["of its own", "token:t"],
  ["of somebody else", "token:other"],
])("a build %s", (_, owner) => {
  const isOwn = owner === "token:t";

  it.each([
    // In the project of the build, in another one, and on the host.
    [member({ shop: "viewer" }), true, false],
    [member({ shop: "viewer", web: "admin" }), true, false],
    [member({ shop: "builder" }), true, isOwn],
    [member({ shop: "admin" }), true, true],
    [member({ web: "admin" }), false, false],
    [member({ shopping: "admin" }), false, false],
    [remote("viewer"), false, false],
    [remote("builder"), false, false],
    [remote("admin"), true, true],
    [localPrincipal, true, true],
    [remote(undefined), false, false],
  ])("in a project is for %o: seen %s, cancelled %s", (principal, isSeen, isChanged) => {
    const build = { id: "b", owner, project: "shop" };
    expect(maySeeBuild(principal, build)).toBe(isSeen);
    expect(reasonFor(() => requireChange(principal, build, "CancelBuild"))).toBe(
      isChanged ? undefined : "ROLE_REQUIRED",
    );
    // Every object has something of this name.
    const ofNobody = { ...build, project: "constructor" };
    expect(maySeeBuild(principal, ofNobody)).toBe(principal.role === "admin");
  });

  it.each([
    [remote("viewer"), isOwn, false],
    [remote("builder"), isOwn, isOwn],
    [member({ shop: "viewer" }), isOwn, false],
    [member({ shop: "admin" }), isOwn, isOwn],
    [remote("admin"), true, true],
  ])("without a project is for %o: seen %s, cancelled %s", (principal, isSeen, isChanged) => {
    const build = { id: "b", owner, project: "" };
    expect(maySeeBuild(principal, build)).toBe(isSeen);
    expect(reasonFor(() => requireChange(principal, build, "CancelBuild"))).toBe(
      isChanged ? undefined : "ROLE_REQUIRED",
    );
  });
});

it("an admin of a project is no admin of the host", () => {
  expect(member({ shop: "admin" }).role).toBe("builder");
  expect(member({ shop: "viewer" }).role).toBe("viewer");
  expect(granted("token:t", undefined).role).toBeUndefined();
});

it.each([
  [remote("builder"), "", ""],
  [remote("builder"), "shop", ""],
  [localPrincipal, "shop", ""],
  [member({ shop: "builder" }), "", "shop"],
  [member({ shop: "admin", web: "viewer" }), "", "shop"],
  [member({ shop: "builder", web: "builder" }), "web", "web"],
] as const)("a build of %o that names %j belongs to %j", (principal, given, expected) => {
  expect(projectFor(principal, given)).toBe(expected);
});

it.each([
  [member({ shop: "builder", web: "builder" }), "", "PROJECT_MISSING"],
  [member({ shop: "builder" }), "web", "PROJECT_UNKNOWN"],
  [member({ shop: "builder" }), "constructor", "PROJECT_UNKNOWN"],
  [member({ shop: "builder", web: "viewer" }), "web", "ROLE_REQUIRED"],
] as const)("a build of %o that names %j is refused: %s", (principal, given, reason) => {
  expect(reasonFor(() => projectFor(principal, given))).toBe(reason);
});

it("a builder for a project is for its builders, and for their builds in that project", () => {
  const allowed = ["project:shop"];
  expect(mayUse(member({ shop: "builder" }), allowed)).toBe(true);
  expect(mayUse(member({ shop: "viewer" }), allowed)).toBe(false);
  expect(mayUse(member({ web: "admin" }), allowed)).toBe(false);
  const both = member({ shop: "builder", web: "builder" });
  expect(
    [both, inProject(both, "shop"), inProject(both, "web")].map((each) => mayUse(each, allowed)),
  ).toEqual([true, true, false]);
  expect(inProject(remote("builder"), "")).toEqual(remote("builder"));
});

it("an open call that reaches builders ends when its caller is of another class of trust", () => {
  const [trusted, untrusted] = [remote("builder"), { ...remote("builder"), isUntrusted: true }];
  const reasonWhen = (method: string, before: Principal, now: Principal) => {
    const reduction = reductionOf(`slipway.v1.${method}`, before, now);
    return reduction && readTypedError(reduction).reason;
  };
  expect(reasonWhen("BuilderService/BootstrapBuilder", trusted, untrusted)).toBe("ACCESS_CHANGED");
  expect(reasonWhen("BuilderService/BootstrapBuilder", untrusted, trusted)).toBe("ACCESS_CHANGED");
  expect(reasonWhen("BuildService/WatchBuild", trusted, untrusted)).toBeUndefined();
});

it.each([
  ["BuildService/WatchBuild", { shop: "builder" }, { shop: "viewer" }, undefined],
  ["BuildService/WatchBuild", { shop: "builder", web: "viewer" }, { shop: "builder" }, "ACCESS_CHANGED"],
  ["BuildService/ReadOutput", { shop: "admin" }, { shop: "builder" }, "ACCESS_CHANGED"],
  ["BuildService/ReadOutput", { shop: "builder" }, { shop: "builder", web: "admin" }, undefined],
  ["BuilderService/BootstrapBuilder", { shop: "builder" }, { web: "builder" }, "ACCESS_CHANGED"],
  ["HostService/Negotiate", { shop: "builder" }, { web: "builder" }, undefined],
] as const)(
  "an open call of %s by a member of %o who is one of %o now: %s",
  (method, before, now, expected) => {
    const reduction = reductionOf(`slipway.v1.${method}`, member(before), member(now));
    expect(reduction && readTypedError(reduction).reason).toBe(expected);
  },
);
