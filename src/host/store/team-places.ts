/** A place in the queue of all hosts. */
export interface SharedPlace {
  /** Id of the build, or of the first build that shares the place. Ids sort by creation time. */
  readonly id: string;
  /** Id of the principal. */
  readonly owner: string;
  readonly project: string;
  /** Principals build in the project together. */
  readonly isShared: boolean;
  readonly builder: string;
  readonly priority: number;
  /** It is among the running ones. */
  readonly isTaken: boolean;
}

/** A place that a host sends; Infinity for no limit. */
export interface SentPlace extends SharedPlace {
  readonly weight: number;
  /** How many places of this host may be taken. */
  readonly hostCap: number;
  /** How many of its project, and of its builder, at all hosts. */
  readonly projectCap: number;
  readonly builderCap: number;
  /** How many of its project may wait at all hosts, if it is a new one. */
  readonly room: number;
}

/** What a host says of its places. */
export interface PlaceChanges {
  readonly entered: readonly SentPlace[];
  /** Ids of those that are left. */
  readonly gone: readonly string[];
  /** It has no others than those that are entered. */
  readonly isAll: boolean;
}

/** The places of a host after an exchange. */
export interface GivenPlaces {
  /** Ids of all that are taken. */
  readonly taken: readonly string[];
  /** Those that are refused, with the number of builds of the project that wait. */
  readonly refused: ReadonlyMap<string, number>;
}

/** The queue that all hosts have together. */
export interface TeamPlaces {
  /** Says what has changed at this host, and gives all places that are free. DATABASE_UNAVAILABLE. */
  exchange(changes: PlaceChanges): Promise<GivenPlaces>;
  /** The places of all hosts, the oldest first, and the shares that had turns, the last one at the end. DATABASE_UNAVAILABLE. */
  list(): Promise<{ places: readonly SharedPlace[]; turns: readonly string[] }>;
  /** Calls back when this host may have got places from another one. */
  onGiven(callback: () => void): void;
}
