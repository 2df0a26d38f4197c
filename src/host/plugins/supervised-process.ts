import type { PluginOutput } from "./plugin-output.js";

/** The exit of a process. */
export interface Exit {
  /** Exit code; undefined after a signal or when the process did not start. */
  code?: number;
  /** The signal that ended the process. */
  signal?: string;
  /** Description, for example "it exited with code 3". */
  text: string;
}

/** The process of a plugin, as seen by the owner of its connection. */
export interface SupervisedProcess {
  /** Process id; undefined for a remote process or one that could not be started. */
  readonly pid: number | undefined;
  /** Its output. */
  readonly output: PluginOutput;
  /** Resolves when the process has exited, or the host has disconnected; never rejects. */
  readonly exited: Promise<Exit>;
  /** The host has not started the process: it connects and disconnects, but never stops it. */
  readonly isForeign: boolean;
  /** What a user does when the process has ended; a sentence. */
  readonly afterLoss: string;
  /** Ends the process, or disconnects from a foreign one. */
  kill(signal: NodeJS.Signals): void;
}
