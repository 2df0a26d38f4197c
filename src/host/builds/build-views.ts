import { clone } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { readTypedError, typedError } from "../../errors/typed-error.js";
import type { BuildEvent } from "../../gen/slipway/v1/build_event_pb.js";
import { type Build, BuildSchema, type ListBuildsRequest } from "../../gen/slipway/v1/build_pb.js";
import type { Page } from "../../requests/pages.js";
import { TimeSlice } from "../../util/time-slice.js";
import { maySeeAll, maySeeBuild, requireChange } from "../access/authorize.js";
import type { Principal } from "../access/principal.js";
import { type BuildFilter, isOver, matches } from "../store/build-index.js";
import type { BuildStore } from "../store/build-store.js";
import type { EndedBuild, UnstoredEnds } from "./unstored-ends.js";

/** A watch goes on after these: its build is at another host now, or the database is away. */
const passing = ["BUILD_TAKEN_OVER", "DATABASE_UNAVAILABLE"];

/** Which builds a list has; what is empty excludes none. */
type Wanted = Pick<ListBuildsRequest, "states" | "builder" | "project" | "name" | "owner">;

/** What principals see of builds: those in memory, and the records of all others. */
export class BuildViews {
  constructor(
    private readonly running: ReadonlyMap<string, EndedBuild>,
    private readonly unstored: UnstoredEnds,
    private readonly records: BuildStore,
  ) {}

  /** One build; NOT_FOUND, reason BUILD_UNKNOWN, also when the principal may not see it. */
  async get(id: string, viewer: Principal): Promise<Build> {
    const build = this.#inMemory(id)?.snapshot() ?? (await this.records.get(id));
    if (!build || !maySeeBuild(viewer, build)) throw unknownBuild(id);
    return build;
  }

  /**
   * One build that a principal may cancel; otherwise as {@link get}, and PERMISSION_DENIED, reason ROLE_REQUIRED.
   * @param what the method or the field that needs it
   */
  async getForChange(id: string, viewer: Principal, what: string): Promise<Build> {
    const build = await this.get(id, viewer);
    requireChange(viewer, build, what);
    return build;
  }

  /** Builds that a principal may see, the newest first, without their larger parts; and whether there are more. */
  async list(
    { states, builder, project, name, owner }: Wanted,
    principal: Principal,
    { size, after }: Pick<Page, "size" | "after">,
  ): Promise<{ found: Build[]; isMore: boolean }> {
    const { id, projects } = principal;
    const filter: BuildFilter = {
      viewer: maySeeAll(principal) ? undefined : { owner: id, projects: [...(projects?.keys() ?? [])] },
      states,
      builder: builder || undefined,
      project: project || undefined,
      owner: owner || undefined,
    };
    const part = name.toLowerCase();
    const found: Build[] = [];
    const slice = new TimeSlice();
    for await (const build of this.#newest(filter, after)) {
      // The name is in the record alone, so there can be many others before the next one.
      if (slice.isOver) await slice.next();
      if (!isNamed(build, part)) continue;
      if (found.length === size) return { found, isMore: true };
      found.push(listed(build));
    }
    return { found, isMore: false };
  }

  /** Wanted builds, newest first: those in memory, and records of others. */
  async *#newest(filter: BuildFilter, before?: string): AsyncGenerator<Build> {
    const inMemory = [...new Set<EndedBuild>([...this.running.values(), ...this.unstored.all()])]
      .map((build) => build.snapshot())
      .filter((build) => matches(build, filter) && (before === undefined || build.id < before))
      .sort((a, b) => (a.id < b.id ? 1 : -1));
    for await (const stored of this.records.list(filter, before)) {
      while (inMemory[0] && inMemory[0].id > stored.id) yield inMemory.shift()!;
      if (!this.#inMemory(stored.id)) yield stored;
    }
    yield* inMemory;
  }

  /** The events of a build from a sequence number on; ends with the build. */
  async *watch(id: string, from: number, viewer: Principal, signal: AbortSignal): AsyncGenerator<BuildEvent> {
    const changes = this.records.team?.changesOf(id);
    try {
      for (let next = Math.max(1, from), build: Build | undefined; ; await changes!.next(signal)) {
        try {
          build = await this.get(id, viewer);
          const known = this.#inMemory(id);
          for await (const event of known?.events.watch(next, signal) ?? this.#stored(build, next)) {
            signal.throwIfAborted();
            yield event;
            next = Number(event.sequence) + 1;
          }
          if (known || isOver(build) || !changes) return;
        } catch (cause) {
          if (!build || !passing.includes(readTypedError(cause).reason)) throw cause;
        }
      }
    } finally {
      changes?.close();
    }
  }

  /** The stored events of a build; for one that has ended, all of them. */
  async *#stored(build: Build, from: number): AsyncGenerator<BuildEvent> {
    let next = from;
    const last = isOver(build) ? Number(build.lastSequence) : Number.MAX_SAFE_INTEGER;
    for await (const event of this.records.events(build.id, from, last)) {
      yield event;
      next = Number(event.sequence) + 1;
    }
    if (isOver(build) && next <= last) throw eventsExpired(build.id, next);
  }

  /** A build whose state is in memory. */
  #inMemory(id: string): EndedBuild | undefined {
    return this.running.get(id) ?? this.unstored.get(id);
  }
}

/** Whether a text, which is in lower case, is a part of the name or id of a build. */
function isNamed({ displayName, id }: Build, text: string): boolean {
  return displayName.toLowerCase().includes(text) || id.includes(text);
}

/** A build as in lists: without what can be large, such as Dockerfiles and provenance. */
function listed(build: Build): Build {
  const short = clone(BuildSchema, { ...build, spec: undefined });
  if (short.result) Object.assign(short.result, { provenance: [], call: undefined });
  for (const source of short.error?.sources ?? []) source.data = new Uint8Array();
  return short;
}

function unknownBuild(id: string) {
  const fields = [{ field: "id", message: "No build has this id." }];
  return typedError({
    code: Code.NotFound,
    reason: "BUILD_UNKNOWN",
    message: `There is no build ${JSON.stringify(id)}.`,
    fields,
  });
}

function eventsExpired(id: string, sequence: number) {
  const message = `Event ${sequence} of build ${id} is no longer stored.`;
  return typedError({
    code: Code.OutOfRange,
    reason: "EVENTS_EXPIRED",
    message,
    remedy: "Call GetBuild for its result.",
  });
}
