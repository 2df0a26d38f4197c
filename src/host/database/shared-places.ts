import type { GivenPlaces, PlaceChanges, SharedPlace, TeamPlaces } from "../store/team-places.js";
import type { Connections } from "./connections.js";

interface ExchangeRow {
  place: string;
  /** Of one that is refused. */
  waiting: string | null;
}

/** The queue that all hosts have together, in the database: see {@link queueSchema}. */
export class SharedPlaces implements TeamPlaces {
  readonly #connections: Connections;
  readonly #stateId: string;
  readonly #mayJudge: () => boolean;
  #onGiven = () => {};

  /** @param mayJudge whether this host may say that others are dead */
  constructor(connections: Connections, stateId: string, mayJudge: () => boolean) {
    this.#connections = connections;
    this.#stateId = stateId;
    this.#mayJudge = mayJudge;
  }

  async exchange({ entered, gone, isAll }: PlaceChanges): Promise<GivenPlaces> {
    const sent = entered.map((place) => ({
      id: place.id,
      owner: place.owner,
      project: place.project,
      is_shared: place.isShared,
      builder: place.builder,
      priority: place.priority,
      weight: place.weight,
      host_cap: limit(place.hostCap),
      project_cap: limit(place.projectCap),
      builder_cap: limit(place.builderCap),
      room: limit(place.room),
      is_taken: place.isTaken,
    }));
    const rows = await this.#connections.query<ExchangeRow>(
      "SELECT place, waiting FROM slipway.exchange_places($1, $2, $3, $4, $5)",
      [this.#stateId, JSON.stringify(sent), gone, isAll, this.#mayJudge()],
    );
    const taken = rows.filter(({ waiting }) => waiting === null).map(({ place }) => place);
    const refused = rows.flatMap(({ place, waiting }): [string, number][] =>
      waiting === null ? [] : [[place, Number(waiting)]],
    );
    return { taken, refused: new Map(refused) };
  }

  async list(): Promise<{ places: SharedPlace[]; turns: string[] }> {
    const places = await this.#connections.query<SharedPlace>(
      `SELECT id, owner, project, is_shared AS "isShared", builder, priority, is_taken AS "isTaken"
        FROM slipway.places ORDER BY id`,
    );
    const turns = await this.#connections.query<{ share: string }>(
      "SELECT share FROM slipway.turns ORDER BY turn",
    );
    return { places, turns: turns.map(({ share }) => share) };
  }

  onGiven(callback: () => void): void {
    this.#onGiven = callback;
  }

  /** Another host has given places to the host with a state folder. */
  given(stateId: string): void {
    if (stateId === this.#stateId) this.#onGiven();
  }
}

/** Null for no limit. */
const limit = (value: number) => (value === Number.POSITIVE_INFINITY ? null : value);
