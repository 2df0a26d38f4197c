/** A resource limit of build steps; -1 means unlimited. */
export interface Ulimit {
  name: string;
  soft: bigint;
  /** Default: soft. */
  hard?: bigint;
}

const limitNames = new Set(
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  ),
);

/** Parses a limit as docker does: `<name>=<soft>[:<hard>]`, such as `nofile=1024:2048`. Throws an Error for anything else. */
export function readUlimit(text: string): Ulimit {
  const match = /^([^=]*)=([+-]?\d+)(?::([+-]?\d+))?$/.exec(text);
  if (match === null) throw new Error(`${JSON.stringify(text)} is not of the form <type>=<soft>[:<hard>].`);
  const name = match[1]!;
  if (!limitNames.has(name))
    throw new Error(`${JSON.stringify(name)} is not a limit; use one of ${[...limitNames].join(", ")}.`);
  const soft = BigInt(match[2]!.replace("+", ""));
  if (match[3] === undefined) return { name, soft };
  const hard = BigInt(match[3].replace("+", ""));
  if (hard !== -1n && (soft === -1n || soft > hard))
    throw new Error(`The soft limit of ${name} (${soft}) must not exceed the hard limit (${hard}).`);
  return { name, soft, hard };
}
