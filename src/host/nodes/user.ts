/** The user's variables that a driver, or the host itself, asks for. */
export type Environment = Record<string, string>;

/** For whom builders are looked up: which there are depends on the user's environment. */
export interface User {
  environment: Environment;
  /** The user's files are the host's: only then the host follows paths in the environment. */
  isLocal: boolean;
}
