import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { parseIntoClientConfig } from "pg-connection-string";
import pgpass from "pgpass";
import { databaseError, isUnavailable } from "./database-errors.js";
import type { DatabaseUrl } from "./database-url.js";

/** How long a call waits for a database that is away, in milliseconds. */
const waitMs = 5_000;
/** How often it tries to connect meanwhile, in milliseconds. */
const retryMs = 250;
/** How long the database may take to answer, in milliseconds. */
const answerMs = 10_000;
/** How many connections a host has at most, without the one for notifications. */
const maxConnections = 8;

/** Runs one statement, and resolves with its rows. Its errors are typed. */
export type Query = <Row extends object = Record<string, unknown>>(
  text: string,
  values?: readonly unknown[],
) => Promise<Row[]>;

/** The connections to a database. Their errors are typed. */
export class Connections {
  readonly #database: DatabaseUrl;
  readonly #pool: pg.Pool;

  constructor(database: DatabaseUrl) {
    this.#database = database;
    this.#pool = new pg.Pool({
      ...this.#options,
      max: maxConnections,
      connectionTimeoutMillis: waitMs,
      query_timeout: answerMs,
    });
    // Of a connection that nobody uses; the next caller gets another one.
    this.#pool.on("error", () => {});
  }

  /** Of the database, for people. */
  get name(): string {
    return this.#database.name;
  }

  get #options(): pg.ClientConfig {
    const config = parseIntoClientConfig(this.#database.url);
    const options = { ...config, application_name: "slipway", keepAlive: true };
    if (config.password || process.env.PGPASSWORD) return options;
    const { host, port, database, user } = new pg.Client(config);
    // As libpq: the file that PGPASSFILE names, or ~/.pgpass.
    const password = () =>
      new Promise<string>((resolve) =>
        pgpass({ host, port, database, user }, (found) => resolve(found ?? "")),
      );
    return { ...options, password };
  }

  /** A connection of its own, not opened yet. */
  single(): pg.Client {
    return new pg.Client({ ...this.#options, connectionTimeoutMillis: waitMs });
  }

  /** Runs one statement. UNAVAILABLE, reason DATABASE_UNAVAILABLE, when the database is away for five seconds. */
  readonly query: Query = (text, values) => this.#with((query) => query(text, values));

  /** Runs work in a transaction, all or nothing; likewise. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#with(async (query) => {
      await query("BEGIN");
      const result = await work(query);
      await query("COMMIT");
      return result;
    });
  }

  async #with<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    const query: Query = async (text, values = []) => {
      try {
        return (await client.query(text, [...values])).rows;
      } catch (cause) {
        throw databaseError(this.name, cause);
      }
    };
    let isDone = false;
    // Emitted beside the error of a query when the connection breaks.
    const onError = () => {};
    client.on("error", onError);
    try {
      const result = await work(query);
      isDone = true;
      return result;
    } finally {
      client.off("error", onError);
      // Closing it ends the transaction.
      client.release(!isDone);
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    for (const until = performance.now() + waitMs; ; await sleep(retryMs)) {
      try {
        return await this.#pool.connect();
      } catch (cause) {
        const error = databaseError(this.name, cause);
        if (!isUnavailable(error) || performance.now() > until) throw error;
      }
    }
  }

  /** Waits for what runs. */
  close(): Promise<void> {
    return this.#pool.end();
  }
}
