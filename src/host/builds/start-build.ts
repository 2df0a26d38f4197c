import { setTimeout as sleep } from "node:timers/promises";
import { create, equals } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { readTypedError, renameFields } from "../../errors/typed-error.js";
import type { BuildSpec } from "../../gen/slipway/build/v1/build_spec_pb.js";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { inProject, projectFor, requireRole } from "../access/authorize.js";
import type { Principal } from "../access/principal.js";
import { type ProjectsFile, usualProject } from "../access/projects-file.js";
import type { User } from "../access/user.js";
import type { Log } from "../base/log.js";
import type { Meter } from "../base/meter.js";
import { type Span, type Tracer, within } from "../base/tracer.js";
import type { BuilderRegistry } from "../builders/registry.js";
import { requireNodes } from "../nodes/node-configs.js";
import type { Nodes } from "../nodes/nodes.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { Limits } from "../quotas/limits.js";
import type { Keyring } from "../sealing/keyring.js";
import type { BuildsState } from "../store/build-store.js";
import type { OpenedUpload, Uploads } from "../uploads/uploads.js";
import type { BuildCaller } from "./build-caller.js";
import { newBuildId } from "./build-id.js";
import { BuildkitExecution } from "./buildkit-execution.js";
import type { Execution, ExecutionContext } from "./execution.js";
import type { HoldTerms } from "./holds/build-hold.js";
import { checkStores } from "./images/check-stores.js";
import type { LayerKnowledge } from "./images/layer-knowledge.js";
import type { ImageStoreUser } from "./images/open-store.js";
import { openInputs } from "./inputs/inputs.js";
import { Layouts } from "./layouts.js";
import { linkField, linkUnsupported, requireLinks } from "./link-targets.js";
import type { TargetLinks } from "./linked-targets.js";
import { NativeExecution } from "./native/native-execution.js";
import { builderChanged } from "./queue/queue-errors.js";
import { nextAttempt, type Restart } from "./restarts/plan-restarts.js";
import type { RestartTerms } from "./restarts/restart-record.js";
import { type BuildParts, RunningBuild } from "./running-build.js";
import type { LogRoom } from "./running-logs.js";
import { credentialProviders } from "./session-methods.js";
import { unsupported } from "./spec/features.js";
import { callOf, displayNameOf } from "./spec/frontend.js";
import { lackingCacheExport } from "./spec/lacking-cache-export.js";
import { localFields } from "./spec/local-fields.js";
import { requireOwnCache } from "./spec/own-cache.js";
import { asRequestError } from "./spec/problems.js";
import { timeLimitsOf } from "./spec/scheduling.js";
import { validateSpec } from "./spec/validate-spec.js";
import { buildSpan } from "./traces/build-span.js";

/** A build that can run. */
export interface StartedBuild {
  running: RunningBuild;
  builder: BuilderRecord;
}

/** The services of the host that builds use. */
export interface BuildServices {
  readonly store: BuildsState;
  readonly log: Log;
  readonly plugins: PluginManager;
  readonly registry: BuilderRegistry;
  readonly nodes: Nodes;
  readonly uploads: Uploads;
  /** Folder for images of image stores while a build uses them. */
  readonly imagesDir: string;
  /** Known layers of loaded images. */
  readonly layers: LayerKnowledge;
  readonly hostId: string;
  readonly limits: Limits;
  /** What the operator sets for projects. */
  readonly projects?: ProjectsFile;
  /** Encrypts what is stored of builds for the next host. */
  readonly keyring: Keyring;
  /** Is told about builds. */
  readonly meter?: Meter;
  /** Makes the spans of builds. */
  readonly tracer?: Tracer;
}

/** What {@link startBuild} starts. */
export interface BuildToStart {
  readonly spec: BuildSpec;
  /** The specification without secret values, for the record. */
  readonly shown: BuildSpec;
  readonly caller: BuildCaller;
  /** What its events may take of the logs of all running builds. */
  readonly room: LogRoom;
  /** Whether the next host can run it. */
  readonly terms: RestartTerms;
  /** Other builds of the same bake that it is linked with. */
  readonly links?: TargetLinks;
  /** When it is held for its client; default never. */
  readonly hold?: HoldTerms;
}

/**
 * Checks a specification and opens what its build needs, so that it can run. Throws a typed error when something is
 * wrong, and closes everything.
 */
export async function startBuild(services: BuildServices, start: BuildToStart): Promise<StartedBuild> {
  const span = buildSpan(services.tracer, start.caller.trace, start.spec);
  try {
    return await within(span, () => openBuild(services, start, span));
  } catch (cause) {
    span?.end({ "cicd.pipeline.result": "error" }, cause);
    throw cause;
  }
}

async function openBuild(
  services: BuildServices,
  { spec, shown, caller, room, terms, links, hold }: BuildToStart,
  span: Span | undefined,
): Promise<StartedBuild> {
  const { store } = services;
  if (hold && callOf(spec)) throw unsupported("hold", "A call cannot be held.", "Build without it.");
  const { builder, parts, project } = await openParts(services, spec, caller, { links, hold });
  const id = newBuildId(await store.builds.newest());
  const build = create(BuildSchema, {
    id,
    state: BuildState.PENDING,
    displayName: displayNameOf(shown),
    builder: builder.name,
    driver: builder.driver,
    createTime: timestampNow(),
    spec: shown,
    refs: [id],
    owner: caller.principal.id,
    project,
    untrusted: caller.principal.isUntrusted,
    attempt: 1,
  });
  const running = new RunningBuild({
    ...optionsOf(services, spec),
    build,
    spec,
    room,
    parts,
    reopen: reopener(services, { build, spec, caller }, false),
    links,
    span,
    hold,
    obstacle: terms.obstacle,
  });
  await running.prepare();
  return { running, builder };
}

/**
 * Takes a build of an earlier host over. What it needs is checked and opened when it has a place, so that many builds do
 * not delay the start of the host; an error ends it then.
 * @param room as in {@link BuildToStart}
 */
export async function restartBuild(
  services: BuildServices,
  { build, spec, caller, waited }: Restart,
  room: LogRoom,
): Promise<RunningBuild> {
  const { store } = services;
  const stored = await store.builds.eventsOf(build.id);
  const releaseUploads = holdUploads(spec, services.uploads, caller.principal);
  return new RunningBuild({
    ...optionsOf(services, spec),
    build: waited ? build : nextAttempt(build),
    spec,
    room,
    parts: undefined,
    reopen: reopener(services, { build, spec, caller }, store.builds.team !== undefined),
    earlier: { ...stored, waited },
    releaseUploads,
    span: buildSpan(services.tracer, undefined, spec),
    obstacle: "",
  });
}

/**
 * A function that checks a build which was accepted before, and opens what it needs.
 * @param waits for its builder, which a host with a new state folder gets once it serves
 */
function reopener(
  services: BuildServices,
  { build, spec, caller }: Pick<Restart, "build" | "spec" | "caller">,
  waits: boolean,
): (signal: AbortSignal) => Promise<BuildParts> {
  const { builder: name, driver, project } = build;
  const open = () => openParts(services, { ...spec, builder: name }, caller, { project });
  return async (signal) => {
    const { builder, parts } = await (waits ? onceBuilderExists(open, signal) : open());
    if (builder.driver === driver) return parts;
    parts.inputs.release();
    await parts.layouts.close();
    throw builderChanged(builder.name);
  };
}

/** How long a build of another host waits for its builder, in milliseconds. */
const builderMs = 60_000;

/** Tries again while the builder is missing: a host with a new state folder gets its builders once it serves. */
async function onceBuilderExists<T>(open: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const until = performance.now() + builderMs; ; await sleep(1_000, undefined, { signal })) {
    try {
      return await open();
    } catch (cause) {
      if (readTypedError(cause).reason !== "BUILDER_UNKNOWN" || performance.now() > until) throw cause;
    }
  }
}

/** Holds the uploads of a build until the function is called; one that is not there any more is an error later. */
function holdUploads({ context, namedContexts }: BuildSpec, uploads: Uploads, owner: Principal): () => void {
  const held: OpenedUpload[] = [];
  for (const each of [context, ...Object.values(namedContexts)]) {
    if (each?.source.case !== "upload") continue;
    try {
      held.push(uploads.openUpload(each.source.value, owner));
    } catch {
      // The same happens when the build opens its files.
    }
  }
  return () => {
    for (const upload of held.splice(0)) upload.release();
  };
}

/** What all builds of a host run with. */
function optionsOf({ store, log, limits, plugins, nodes, layers, meter }: BuildServices, spec: BuildSpec) {
  return { store, log, limits, plugins, nodes, layers, meter, timeLimits: timeLimitsOf(spec, limits) };
}

/**
 * Checks a specification, and opens what it names.
 * @param options `project`: that of a build which was accepted before
 */
async function openParts(
  services: BuildServices,
  spec: BuildSpec,
  caller: BuildCaller,
  { links, hold, project }: Pick<BuildToStart, "links" | "hold"> & { project?: string } = {},
): Promise<{ builder: BuilderRecord; parts: BuildParts; project: string }> {
  const { plugins, registry, projects } = services;
  try {
    validateSpec(spec);
  } catch (cause) {
    const { isLocal, principal } = caller;
    const user = { environment: spec.environment, isLocal, principal };
    const resolve = () => registry.resolve(spec.builder, user);
    throw await lackingCacheExport(cause, spec, services.nodes, resolve);
  }
  const belongsTo = project ?? projectFor(caller.principal, spec.project);
  const principal = inProject(caller.principal, belongsTo);
  requireLinks(spec, links);
  for (const field of localFields(spec)) caller.requireLocal(field);
  if (principal.isUntrusted) requireOwnCache(spec);
  if (spec.priority > (projects?.settingsOf(belongsTo) ?? usualProject).priority)
    requireRole(principal, "admin", "spec.priority");
  const user = { environment: spec.environment, isLocal: caller.isLocal, principal };
  const warnings: Diagnostic[] = [];
  const warn = (warning: Diagnostic) => void warnings.push(warning);
  const builder = await registry.resolveToBuild(spec.builder, user, warn).catch(inSpec);
  const configs = requireNodes(builder);
  const execute = await executorOf(builder.driver, services, { linkedField: links && linkField(spec), hold });
  const credentials = await orRequestError(credentialProviders(spec, caller, warn));
  const { environment } = spec;
  const { isUntrusted } = principal;
  const stores = {
    plugins,
    environment,
    isLocal: caller.isLocal,
    isUntrusted,
    driver: builder.driver,
    configs,
  };
  await checkStores(spec, stores);
  const { inputs, layouts } = await openFiles(spec, services, stores, caller.principal);
  const requireSameBuilder = () => requireSame(builder, registry, user);
  const parts = { inputs, layouts, configs, credentials, stores, execute, warnings, requireSameBuilder };
  return { builder, parts, project: belongsTo };
}

/** Rejects unless a builder is still there for its user, with the same nodes. */
async function requireSame(
  { name, nodes }: BuilderRecord,
  registry: BuilderRegistry,
  user: User,
): Promise<void> {
  const now = (await registry.resolveToBuild(name, user)).nodes;
  const isSame =
    now.length === nodes.length && nodes.every((node, at) => equals(NodeConfigSchema, node, now[at]!));
  if (!isSame) throw builderChanged(name);
}

/** Renames the fields of an error, which are named as in other requests, to those of the specification. */
function inSpec(cause: unknown): never {
  throw renameFields(cause, (field) => `spec.${field}`);
}

/** Chooses how builds of a driver are carried out. */
async function executorOf(
  driver: string,
  { plugins }: BuildServices,
  { linkedField, hold }: { linkedField?: string; hold?: HoldTerms },
): Promise<(context: ExecutionContext) => Execution> {
  const plugin = await plugins.use(driver);
  plugin.release();
  const isNative = hasCapability(plugin.descriptor, capabilityIds.nativeBuild);
  if (isNative && linkedField)
    throw linkUnsupported(linkedField, `The ${driver} driver builds without BuildKit.`);
  if (isNative && hold)
    throw unsupported("hold", `The ${driver} driver builds without BuildKit, and cannot hold a build.`);
  return isNative ? (context) => new NativeExecution(context) : (context) => new BuildkitExecution(context);
}

async function openFiles(
  spec: BuildSpec,
  { uploads, imagesDir, hostId }: BuildServices,
  stores: ImageStoreUser,
  owner: Principal,
) {
  const layouts = new Layouts();
  try {
    const inputs = await openInputs(spec, { stores, uploads, owner, imagesDir, hostId, layouts });
    return { inputs, layouts };
  } catch (cause) {
    await layouts.close();
    throw asRequestError(cause);
  }
}

function orRequestError<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause) => {
    throw asRequestError(cause);
  });
}
