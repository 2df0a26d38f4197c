import { join } from "node:path";
import pg from "pg";
import { type Daemon, startDaemon } from "./daemon.js";
import { programPath } from "./path.js";
import { freePort } from "./port.js";
import { must } from "./run.js";
import { destroyState, makeState } from "./state.js";

/** A PostgreSQL server of one test file. */
export interface Postgres {
  /** Of a new, empty database, by the unix socket and without a password. */
  newDatabase(): Promise<string>;
  /** The same database by TCP, where the server asks for the password {@link postgresPassword}. */
  overTcp(url: string): string;
  /** Runs one statement in a database. */
  query(url: string, text: string): Promise<pg.QueryResultRow[]>;
  /** Kills the server, as in a crash. */
  kill(): Promise<void>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Of the user on TCP. */
export const postgresPassword = "p:a\\ss";

// PostgreSQL does not run as root, and wants a user who has a name. In a namespace of its own the user of the lab has it.
const asUser = ["--user", "--map-user=daemon", "--map-group=daemon"];

/**
 * Starts a PostgreSQL server.
 *
 * @param tls certificate and key of the server in PEM. Default: it serves without TLS.
 */
export async function startPostgres(tls?: { serverCert: string; serverKey: string }): Promise<Postgres> {
  const folder = await makeState("postgres");
  const data = join(folder, "data");
  const port = await freePort();
  const trust = ["--auth-local=trust", "--auth-host=scram-sha-256"];
  const init = ["--username=slipway", "--no-sync", "--encoding=UTF8", "--locale=C", ...trust, "-D", data];
  await must("unshare", [...asUser, programPath("initdb"), ...init]);
  const settings = ["fsync=off"];
  if (tls) settings.push("ssl=on", `ssl_cert_file=${tls.serverCert}`, `ssl_key_file=${tls.serverKey}`);
  let daemon: Daemon;
  const urlOf = (name: string) => `postgres://slipway@localhost:${port}/${name}?host=${folder}`;
  const query = async (url: string, text: string) => {
    const client = new pg.Client(url);
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  };
  const start = async () => {
    daemon = await startDaemon({
      name: "postgres",
      command: "unshare",
      args: [
        ...asUser,
        programPath("postgres"),
        "-D",
        data,
        "-p",
        `${port}`,
        "-k",
        folder,
        ...settings.flatMap((setting) => ["-c", setting]),
      ],
      folder,
      ready: async () => (await query(urlOf("postgres"), "SELECT 1")).length === 1,
    });
  };
  await start();
  await query(urlOf("postgres"), `ALTER USER slipway PASSWORD '${postgresPassword}'`);
  let made = 0;
  return {
    async newDatabase() {
      const name = `test${made++}`;
      await query(urlOf("postgres"), `CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    overTcp: (url) => url.replace("localhost", "127.0.0.1").replace(/\?.*/, ""),
    query,
    kill: () => daemon.kill(),
    start,
    async stop() {
      await daemon.kill();
      await destroyState(folder);
    },
  };
}
