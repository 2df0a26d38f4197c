import { type Finding, formatDuration, parseDuration } from "slipway/driver";

type Options = Record<string, string>;

/** Most workers of a pool. */
const maxWorkers = 100;

const defaults = { "pool.min": "0", "pool.idle": "3m0s", "pool.steal": "5s", "pool.grace": "1h0m0s" };
/** Each worker has a limit for its disk: its claim, and what it writes beside that. */
const storage = "persistent-volume-claim.requests.storage";
const diskDefaults = { "requests.ephemeral-storage": "256Mi", "limits.ephemeral-storage": "4Gi" };

/** Shortest time in which a worker can finish anything, in milliseconds. */
const minGraceMs = 30_000;

/** Fills in the defaults of a pool; other nodes have none of its options. */
export function completePool(options: Options): void {
  if (!options["pool.max"]) return;
  for (const [name, value] of Object.entries(defaults)) options[name] ??= value;
  if (!options["buildkit-root-volume-memory"]) options[storage] ??= "20Gi";
  if (Object.keys(diskDefaults).every((name) => !options[name])) Object.assign(options, diskDefaults);
  else options["limits.ephemeral-storage"] ??= options["requests.ephemeral-storage"]!;
}

/**
 * Checks the options of a pool beyond their types.
 * @param given the options as the user gave them, with values that are left out of the others because of their type
 */
export function checkPool(options: Options, given: Options): Finding[] {
  const findings: Finding[] = [];
  const report = (name: string, problem: string, remedy: string, reason = "OPTION_INVALID") =>
    findings.push({
      reason,
      field: `options[${name}]`,
      message: `The driver option ${name} ${problem}.`,
      remedy,
    });

  const max = options["pool.max"];
  if (!max) {
    if (given["pool.max"]) return [];
    for (const name of Object.keys(options).filter((option) => option.startsWith("pool.")))
      report(name, "has an effect only on a pool", "Set pool.max too, or leave it out.", "OPTION_CONFLICT");
    return findings;
  }
  const isIn = (value: string, low: number, high: number) => Number(value) >= low && Number(value) <= high;
  if (!isIn(max, 1, maxWorkers))
    report("pool.max", `cannot be used: expected a number from 1 to ${maxWorkers}`, "Correct it.");
  const min = options["pool.min"]!;
  if (!isIn(min, 0, maxWorkers))
    report("pool.min", `cannot be used: expected a number from 0 to ${maxWorkers}`, "Correct it.");
  else if (Number(min) > Number(max))
    report(
      "pool.min",
      `(${min}) is more than pool.max (${max})`,
      "Lower it, or raise pool.max.",
      "OPTION_CONFLICT",
    );
  if (options.replicas !== "1")
    report("replicas", "excludes pool.max", "Set only one of them.", "OPTION_CONFLICT");
  for (const [name, leastMs] of [
    ["pool.idle", 1_000],
    ["pool.steal", 0],
    ["pool.grace", minGraceMs],
  ] as const)
    if (parseDuration(options[name]!) < leastMs)
      report(name, `cannot be used: expected at least ${formatDuration(leastMs)}`, "Raise it.");
  return findings;
}
