import type { GivenPlaces, SentPlace, TeamPlaces } from "../../store/team-places.js";
import type { BuildQueue, QueuedBuild, QueueLimits } from "./build-queue.js";
import { Place } from "./place.js";
import { positionOf, reportMs } from "./positions.js";
import { hostStopped, queueFull } from "./queue-errors.js";
import { inOrder, projectCap, Shares } from "./queue-policy.js";

/** How often a host with waiting builds asks for places, in milliseconds. Notifications can be lost. */
const pollMs = 1_000;

/** A place of this host. */
interface OwnPlace {
  readonly build: QueuedBuild;
  readonly place: Place;
  isSent: boolean;
  /** Who waits for the answer to a build that may be refused; undefined when it is accepted. */
  entrance?: { accept(): void; refuse(cause: unknown): void };
}

/**
 * The part of one host in the queue of all hosts. The database gives the places; this host says which builds it has. One
 * exchange runs at a time, with all that has changed since the one before. After a failure the next one sends everything.
 */
export class SharedQueue implements BuildQueue {
  readonly #places: TeamPlaces;
  readonly #limits: QueueLimits;
  readonly #own = new Map<string, OwnPlace>();
  readonly #gone = new Set<string>();
  /**
   * Whether the next exchange sends all places and removes others of this host. False at first, since builds of an earlier
   * host process enter one by one.
   */
  #isAll = false;
  #isClosed = false;
  #isExchanging = false;
  #hasChanged = false;
  #isReporting = false;
  #reportedMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(places: TeamPlaces, limits: QueueLimits) {
    this.#places = places;
    this.#limits = limits;
    places.onGiven(() => this.#exchange());
  }

  enter(build: QueuedBuild, members = 1): Promise<Place> {
    const own = this.#add(build, members);
    if (own.place.isRefused) return Promise.resolve(own.place);
    return new Promise((resolve, reject) => {
      own.entrance = { accept: () => resolve(own.place), refuse: reject };
      this.#exchange();
    });
  }

  enterAgain(build: QueuedBuild): Place {
    const { place } = this.#add(build, 1);
    this.#exchange();
    return place;
  }

  #add(build: QueuedBuild, members: number): OwnPlace {
    const place = new Place(members, () => this.#remove(own));
    const own: OwnPlace = { build, place, isSent: false };
    if (this.#isClosed) place.refuse(hostStopped("waited"));
    else this.#own.set(build.id, own);
    return own;
  }

  #remove(own: OwnPlace): void {
    if (this.#drop(own)) this.#exchange();
  }

  /** Forgets a place, which the next exchange reports. False if it was forgotten before. */
  #drop(own: OwnPlace): boolean {
    const { id } = own.build;
    if (this.#own.get(id) !== own) return false;
    this.#own.delete(id);
    this.#gone.add(id);
    return true;
  }

  /** Sends all places again, too. */
  refresh(): void {
    this.#isAll = true;
    this.#exchange();
  }

  close(): void {
    this.#isClosed = true;
    for (const own of this.#waiting()) {
      own.place.refuse(hostStopped("waited"));
      own.entrance?.accept();
      this.#remove(own);
    }
  }

  #waiting(): OwnPlace[] {
    return [...this.#own.values()].filter(({ place }) => !place.isAssigned);
  }

  #exchange(): void {
    this.#hasChanged = true;
    if (!this.#isExchanging) void this.#exchangeAll();
  }

  /** Never rejects. */
  async #exchangeAll(): Promise<void> {
    this.#isExchanging = true;
    while (this.#hasChanged && (await this.#exchangeOnce()));
    this.#isExchanging = false;
    this.#plan();
  }

  /** Whether it succeeded. Never rejects. */
  async #exchangeOnce(): Promise<boolean> {
    this.#hasChanged = false;
    const isAll = this.#isAll;
    const entered = [...this.#own.values()].filter(({ isSent }) => isAll || !isSent);
    const gone = [...this.#gone];
    this.#isAll = false;
    try {
      const sent = entered.map((own) => this.#sent(own));
      const given = await this.#places.exchange({ entered: sent, gone, isAll });
      for (const id of gone) this.#gone.delete(id);
      for (const own of entered) own.isSent = true;
      this.#take(given, entered);
      return true;
    } catch (cause) {
      // The next tick, or the renewal of the lease, sends everything again.
      this.#isAll = true;
      for (const own of entered) {
        if (!own.entrance) continue;
        own.place.refuse(cause);
        own.entrance.refuse(cause);
        this.#drop(own);
      }
      return false;
    }
  }

  #sent({ build, place, entrance }: OwnPlace): SentPlace {
    const limits = this.#limits;
    const shared = build.isShared ? limits.shared(build.project) : undefined;
    return {
      ...build,
      isTaken: place.isAssigned,
      weight: shared?.weight ?? 1,
      hostCap: limits.host,
      projectCap: projectCap(build, limits),
      builderCap: limits.builder(build.builder),
      room: (entrance && shared?.queuedBuilds) ?? Number.POSITIVE_INFINITY,
    };
  }

  #take({ taken, refused }: GivenPlaces, entered: readonly OwnPlace[]): void {
    for (const id of taken) {
      const place = this.#own.get(id)?.place;
      if (place && !place.isAssigned) place.assign();
    }
    for (const own of entered) {
      const { entrance, place, build } = own;
      if (!entrance) continue;
      const ofProject = refused.get(build.id);
      const full = ofProject !== undefined ? this.#projectFull(build, ofProject) : this.#full(own);
      own.entrance = undefined;
      if (!full || place.isAssigned) entrance.accept();
      else {
        this.#drop(own);
        this.#hasChanged = true;
        entrance.refuse(full);
      }
    }
  }

  #projectFull({ project }: QueuedBuild, used: number) {
    return queueFull(this.#limits.shared(project).queuedBuilds, used, project);
  }

  #full({ place, build: { owner } }: OwnPlace) {
    if (place.isAssigned) return undefined;
    const accepted = this.#waiting().filter(({ entrance }) => !entrance);
    const { waiting } = this.#limits;
    if (accepted.length < waiting) return undefined;
    return queueFull(waiting, accepted.filter(({ build }) => build.owner === owner).length);
  }

  /** Asks again while something waits, or is not sent. */
  #plan(): void {
    const waiting = this.#waiting();
    if (waiting.some(({ place }) => !place.isReported)) void this.#report();
    const isIdle = waiting.length === 0 && this.#gone.size === 0;
    if (this.#isClosed || isIdle) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#timer ??= setInterval(() => {
      this.#exchange();
      if (performance.now() - this.#reportedMs >= reportMs) void this.#report();
    }, pollMs).unref();
  }

  /** Tells builds where they stand. Never rejects: without the database they learn it later. */
  async #report(): Promise<void> {
    if (this.#isReporting) return;
    this.#isReporting = true;
    this.#reportedMs = performance.now();
    try {
      const { places, turns } = await this.#places.list();
      const entries = places.map((place, order) => ({ ...place, order }));
      const running = new Shares();
      for (const entry of entries) if (entry.isTaken) running.add(entry);
      const shares = running.withTurns(turns);
      const waiting = entries.filter(({ isTaken }) => !isTaken);
      inOrder(waiting, shares, this.#limits).forEach((entry, at) => {
        const place = this.#own.get(entry.id)?.place;
        if (place && !place.isAssigned) place.report(positionOf(entry, at + 1, shares, this.#limits));
      });
    } catch {
      // The next report is tried later.
    } finally {
      this.#isReporting = false;
    }
  }
}
