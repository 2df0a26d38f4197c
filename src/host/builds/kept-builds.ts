import { forEachLimit } from "../../util/for-each-limit.js";
import { KeyedMutex } from "../../util/keyed-mutex.js";
import { localPrincipal } from "../access/principal.js";
import type { LimitName, Limits } from "../quotas/limits.js";
import type { KeptTotal } from "../store/build-index.js";
import type { BuildsState } from "../store/build-store.js";
import { timeOfBuildId } from "./build-id.js";

/** How often builds above the age limit are looked for on a host without builds, in milliseconds. */
const ageCheckMs = 3_600_000;
/** How many builds are removed at the same time. */
const concurrent = 16;

/** When performance.now() was 0, in milliseconds since 1970. */
const startedMs = Date.now() - performance.now();

/** What kept builds use, and its limits. */
interface Resource {
  all: LimitName;
  /** Does not apply to the local user. */
  each: LimitName;
  of(use: KeptTotal): number;
}

const resources: readonly Resource[] = [
  { all: "kept-builds", each: "principal-kept-builds", of: ({ builds }) => builds },
  { all: "kept-log", each: "principal-kept-log", of: ({ bytes }) => bytes },
];

/**
 * Removes the records of ended builds above the limits, the oldest first. No principal can remove the builds of another
 * one by starting many: each has a share, and above the limit of all those with the most make room.
 */
export class KeptBuilds {
  readonly #store: BuildsState;
  readonly #limits: Limits;
  readonly #mutex = new KeyedMutex();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: BuildsState, limits: Limits) {
    this.#store = store;
    this.#limits = limits;
  }

  /** Also removes builds while none ends. Errors are reported. */
  watchAge(onError: (cause: unknown) => void): void {
    if (this.#limits["kept-age"] === Number.POSITIVE_INFINITY) return;
    this.#timer = setInterval(() => this.prune().catch(onError), ageCheckMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /**
   * Removes what is above the limits.
   * @param now the time by which builds are too old. It is that of the clock when the host started and goes on without
   *   it, so that a clock that is set removes nothing.
   */
  prune(now = startedMs + performance.now()): Promise<void> {
    return this.#mutex.runExclusive("prune", undefined, async () => {
      const remove = async () => {
        await this.#remove(this.#olderThan(now - this.#limits["kept-age"]));
        for (const resource of resources) await this.#remove(this.#above(resource));
      };
      const { team } = this.#store.builds;
      await (team ? team.alone(remove) : remove());
    });
  }

  async #remove(found: AsyncIterable<string>): Promise<void> {
    const ids: string[] = [];
    for await (const id of found) ids.push(id);
    await forEachLimit(ids, concurrent, (id) => this.#store.builds.remove(id));
  }

  /** The builds that ended before a time. */
  async *#olderThan(time: number): AsyncGenerator<string> {
    for (const owner of (await this.#store.builds.totals()).keys()) {
      for await (const [id, { endMs }] of this.#store.builds.oldest(owner)) {
        // All others started later, so they ended later too.
        if (timeOfBuildId(id) >= time) break;
        if (endMs < time) yield id;
      }
    }
  }

  /** The builds above the limits of a resource. */
  async *#above({ all, each, of }: Resource): AsyncGenerator<string> {
    const owners = [...(await this.#store.builds.totals())].map(([owner, total]) => ({
      owner,
      used: of(total),
      oldest: this.#store.builds.oldest(owner),
    }));
    const takeOldest = async (from: (typeof owners)[number]) => {
      const { value } = await from.oldest.next();
      if (!value) throw new Error(`${from.owner} has fewer builds than counted.`);
      const [id, { bytes }] = value;
      from.used -= of({ builds: 1, bytes });
      return id;
    };
    for (const one of owners) {
      if (one.owner === localPrincipal.id) continue;
      while (one.used > this.#limits[each]) yield await takeOldest(one);
    }
    let total = owners.reduce((sum, { used }) => sum + used, 0);
    while (total > this.#limits[all]) {
      const most = owners.reduce((best, one) => (one.used > best.used ? one : best));
      total -= most.used;
      yield await takeOldest(most);
      total += most.used;
    }
  }
}
