import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { BuildState } from "../../../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../../../gen/slipway/v1/build_pb.js";
import { hasRole, hasRoleIn, localPrincipal, type Principal } from "../../access/principal.js";
import type { Keyring } from "../../sealing/keyring.js";
import type { LeftBuild } from "../../store/build-store.js";
import type { BuildCaller } from "../build-caller.js";
import { isBound } from "./is-bound.js";
import { storedSpec } from "./restart-record.js";

/** How often a build is started before a host that crashes takes it along. */
const maxAttempts = 2;

/** A build that this host runs. */
export interface Restart {
  readonly build: Build;
  readonly spec: BuildSpec;
  readonly caller: BuildCaller;
  /** It waited; otherwise it ran, and this is the next attempt. */
  readonly waited: boolean;
  /** Id of its bake; empty for none. */
  readonly bake: string;
}

/** A build that has ended with its host. */
export interface LostBuild {
  readonly build: Build;
  /** Why it cannot be started again; one sentence. */
  readonly obstacle: string;
}

/**
 * Decides which builds of an earlier host are started again. The targets of one bake are, or none of them.
 * @param left the oldest first
 * @param rightsOf the present rights of the principal with an id
 * @param areUploadsShared this host has the uploads of others, too
 * @returns those that ran before those that waited, each the oldest first
 */
export function planRestarts(
  left: readonly LeftBuild[],
  keyring: Keyring,
  rightsOf: (id: string) => Principal,
  areUploadsShared = false,
): { restarts: Restart[]; lost: LostBuild[] } {
  const found = left.map((each) => ({
    build: each.build,
    bake: each.record?.bake ?? "",
    ...examine(each, keyring, rightsOf(each.build.owner), areUploadsShared),
  }));
  const broken = new Set(found.flatMap(({ bake, obstacle }) => (obstacle === undefined ? [] : bake || [])));
  const restarts: Restart[] = [];
  const lost: LostBuild[] = [];
  for (const { build, bake, obstacle, ready } of found) {
    if (!ready) lost.push({ build, obstacle });
    else if (broken.has(bake))
      lost.push({ build, obstacle: "Another target of its bake cannot be started again." });
    else restarts.push({ build, bake, ...ready });
  }
  const order = [...restarts.filter(({ waited }) => !waited), ...restarts.filter(({ waited }) => waited)];
  return { restarts: order, lost };
}

type Examined =
  | { ready: Pick<Restart, "spec" | "caller" | "waited">; obstacle?: undefined }
  | { ready?: undefined; obstacle: string };

function examine(
  { build, record, host }: LeftBuild,
  keyring: Keyring,
  principal: Principal,
  areUploadsShared: boolean,
): Examined {
  const waited = build.state === BuildState.QUEUED;
  if (!record) return { obstacle: "" };
  if (record.obstacle) return { obstacle: record.obstacle };
  if (!hasRole(principal, "builder")) return { obstacle: `${principal.id} may not start builds any more.` };
  if (build.project && !hasRoleIn(principal, build.project, "builder"))
    return { obstacle: `${principal.id} may not start builds in the project ${build.project} any more.` };
  if (!waited && attemptOf(build) - record.handovers >= maxAttempts)
    return { obstacle: `It was attempt ${attemptOf(build)}, the last one.` };
  const spec = storedSpec(build, record, keyring);
  if (!spec && !record.sealed)
    return { obstacle: "It cannot be started again, since it was stored without the key of this host." };
  if (!spec) return { obstacle: "It cannot be started again, since the key of its secrets is missing." };
  if (host !== undefined && isBound(spec, areUploadsShared))
    return {
      obstacle: `It cannot be started again, since its files are on the machine of the host ${host}.`,
    };
  const streamed = waited ? undefined : streamObstacle(spec);
  if (streamed) return { obstacle: streamed };
  // Only the host's own user is on its unix socket. Which paths the others name was checked when the build was accepted.
  const isLocal = principal.id === localPrincipal.id;
  // What was accepted as untrusted stays so.
  const isUntrusted = build.untrusted || principal.isUntrusted;
  const caller = { principal: { ...principal, isUntrusted }, isLocal, requireLocal: () => {} };
  return { ready: { spec, caller, waited } };
}

/** Why a build that ran cannot be started again because of its outputs, one sentence; undefined if it can. */
export function streamObstacle({ outputs }: BuildSpec): string | undefined {
  if (!outputs.some(({ destination }) => destination.case === "stream")) return undefined;
  return "It cannot be started again, since a client was reading its output.";
}

/** A build that is about to begin anew. */
export function nextAttempt(build: Build): Build {
  return { ...build, state: BuildState.PENDING, startTime: undefined, attempt: attemptOf(build) + 1 };
}

/** Which attempt a build is; hosts of before stored none. */
export function attemptOf({ attempt }: Pick<Build, "attempt">): number {
  return Math.max(1, attempt);
}
