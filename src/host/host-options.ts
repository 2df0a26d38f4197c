import type { Silence } from "../network/end-when-dead.js";
import type { LogFormat, LogLevel } from "./base/log.js";
import type { MetricsAddress } from "./metrics/metrics-server.js";
import type { Limits } from "./quotas/limits.js";
import type { TcpListen } from "./server/listen.js";

/** A unix socket that a service manager listens on. */
export interface ActivatedSocket {
  /** Its descriptor in this process. */
  fd: number;
  /** Private folder for the sockets of plugins. Default: that of the socket. */
  runtimeDir?: string;
}

/** Options of a host. */
export interface HostOptions {
  /** Path of the unix socket. */
  socket: string;
  /** The socket at that path, if the host does not make it itself. Then it is not removed either. */
  activated?: ActivatedSocket;
  /** TCP listener; requires a token or mTLS. */
  tcp?: TcpListen;
  /**
   * Folder of the store and the uploads. Default: `$XDG_STATE_HOME/slipway`, or a folder below it when the socket is
   * not the default one.
   */
  stateDir?: string;
  /** File with the keys that encrypt secrets in the store; without it they are stored as they are. */
  stateKeyFile?: string;
  /**
   * URL of a PostgreSQL database for builds that several hosts share, as `postgres://user@host:5432/name`; without it
   * they are in the state folder.
   */
  database?: string;
  /** Name of this host, unique among those of the database. Default: that of the machine. */
  hostName?: string;
  /** Folders searched for plugins before the default ones. */
  pluginPath?: string[];
  /** Stop after this time without activity, in milliseconds; never when absent. */
  idleTimeoutMs?: number;
  /**
   * Where the hosts of the database share uploaded contexts: a folder that all of them have, or s3://bucket/prefix. Without
   * it, uploads are this host's alone.
   */
  uploads?: string;
  /**
   * Where the other hosts of the database reach this one's TCP listener, to forward calls about its builds. Needs a database,
   * a TCP listener without certificates of clients, and a state key.
   */
  advertise?: { host: string; port: number };
  /**
   * Name of a builder whose plugin is started at once, because a build will use it; the default builder when empty.
   * Without it, a plugin starts with the first call that needs it.
   */
  prepare?: string;
  /** File with the settings of projects: weights and limits in the queue. */
  projectsFile?: string;
  /** Limits other than the defaults. */
  limits?: Partial<Limits>;
  /** Where Prometheus reads metrics, without a login; nowhere when absent. */
  metrics?: MetricsAddress;
  /** When a client's connection counts as dead. Default: 5 minutes of silence, and 5 more without an answer. */
  silence?: Silence;
  /** Default info. */
  logLevel?: LogLevel;
  /** Default json. */
  logFormat?: LogFormat;
  /**
   * File for the log, in place of stderr; `true` is host.log in the state folder. It is rotated at 10 MiB. Each host
   * needs its own.
   */
  logFile?: string | true;
}
