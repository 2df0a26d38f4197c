import fc from "fast-check";
import { byteFaults, type Fault, http2Faults } from "./fault.js";

/** A build, and the faults of one link while it runs. The same seed gives the same trial. */
export interface Trial extends Build {
  seed: number;
  /**
   * `plugin` sees the frames between host and plugin, `plugin-tls` the same in encrypted form. `restart` has no faults: its
   * host is killed, and the next one takes the build over.
   */
  link: "none" | "buildkit" | "client" | "plugin" | "plugin-tls" | "registry" | "restart";
  faults: Fault[];
  /** When the host of a `restart` is killed after the start of the build, in milliseconds. */
  killMs: number;
}

/** One build. */
export interface Build {
  /** How the host reaches BuildKit. */
  transport: "unix" | "tcp";
  context: "path" | "upload";
  /** `push-both`: on two nodes, whose images the host merges in the registry. */
  output: "cacheonly" | "local" | "tar" | "oci" | "stream" | "push" | "push-both";
  /** Size of a file in the context, in bytes. */
  bytes: number;
  /** Where the build is held: files are looked at there, and it goes on. One on two nodes cannot be held. */
  hold: "never" | "start" | "always";
  /** When the build is cancelled after its start, in milliseconds. */
  cancelMs: number | undefined;
}

const build = (...outputs: Build["output"][]): fc.Arbitrary<Build> =>
  fc.record({
    transport: fc.constantFrom("unix", "tcp"),
    context: fc.constantFrom("path", "path", "upload"),
    output: fc.constantFrom(...outputs),
    bytes: fc.oneof(fc.nat(4_000), fc.nat(4_000), fc.nat(400_000)),
    hold: fc.constantFrom("never", "never", "never", "start", "always"),
    // Most run to their end, so that faults reach the late parts of builds too.
    cancelMs: fc.oneof(
      { weight: 4, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.nat(1_000) },
    ),
  });
const trial = (
  weight: number,
  link: Trial["link"],
  faults: fc.Arbitrary<Fault[]>,
  of: fc.Arbitrary<Build>,
) => ({
  weight,
  arbitrary: fc
    .tuple(faults, of, fc.nat(1_500))
    .map(([faults, build, killMs]) => ({ link, faults, killMs, ...build })),
});

/** Builds of every kind. */
const any = build("cacheonly", "local", "tar", "oci", "stream", "push", "push-both");
// A changed path could name any file of this machine: clients send no paths here. A client that is cut off leaves its build
// held for minutes.
const remote = build("cacheonly", "stream").map(
  (each): Build => ({ ...each, context: "upload", hold: "never" }),
);
const small = build("cacheonly", "tar");
const trials = fc.oneof(
  trial(2, "none", fc.constant([]), any),
  trial(12, "buildkit", http2Faults, any),
  trial(4, "client", http2Faults, remote),
  trial(1, "plugin", http2Faults, small),
  trial(1, "plugin-tls", byteFaults, small),
  trial(2, "registry", byteFaults, build("push", "push-both")),
  trial(1, "restart", fc.constant([]), build("cacheonly", "local", "tar", "oci", "stream", "push")),
);

/** The trial of a seed. */
export function trialOf(seed: number): Trial {
  const [one] = fc.sample(trials, { seed, numRuns: 1 });
  return { seed, ...one! };
}

/** A build of any kind, without faults. */
export function buildOf(seed: number): Build & { seed: number } {
  const [one] = fc.sample(any, { seed, numRuns: 1 });
  return { seed, ...one! };
}
