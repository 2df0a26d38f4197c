import { InvalidArgumentError } from "commander";

/** A limit of what build steps may use; -1 is no limit. */
export interface Ulimit {
  name: string;
  soft: bigint;
  hard: bigint;
}

const NAMES = new Set(
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  ),
);

/** `--ulimit`: `<name>=<soft>[:<hard>]` as in docker, for example `nofile=1024:2048`. The hard limit defaults to the soft. */
export function parseUlimit(text: string): Ulimit {
  const match = /^([^=]*)=([+-]?\d+)(?::([+-]?\d+))?$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not of the form <type>=<soft>[:<hard>].`);
  const name = match[1]!;
  if (!NAMES.has(name))
    throw new InvalidArgumentError(
      `${JSON.stringify(name)} is not a limit; known are ${[...NAMES].join(", ")}.`,
    );
  const soft = BigInt(match[2]!.replace("+", ""));
  const hard = match[3] === undefined ? soft : BigInt(match[3].replace("+", ""));
  if (hard !== -1n && (soft === -1n || soft > hard))
    throw new InvalidArgumentError(
      `The soft limit of ${name} (${soft}) must not be above the hard limit (${hard}).`,
    );
  return { name, soft, hard };
}

/** The form of the frontend attribute `ulimit`: later limits of one name replace earlier, sorted by name. */
export function formatUlimits(ulimits: readonly Ulimit[]): string {
  const byName = new Map(ulimits.map((ulimit) => [ulimit.name, ulimit]));
  return [...byName.keys()]
    .sort()
    .map((name) => `${name}=${byName.get(name)!.soft}:${byName.get(name)!.hard}`)
    .join(",");
}
