import {
  changeOneFile,
  changeSmallLayer,
  makeLargeFile,
  makeLargeImage,
  makeManyFiles,
  makeSmallContext,
} from "./contexts.js";

/** One thing to measure, in rounds that alternate between the tools. */
export interface Case {
  /** For `--only`. */
  readonly name: string;
  /** How many rounds; quick ones are for seeing that all works. */
  readonly rounds: { normal: number; quick: number };
  /** Makes the context in a folder that is not there yet. */
  makeContext(folder: string): Promise<void>;
  /**
   * each-round: every round and tool has a context of its own that no engine has seen.
   * once: a tool keeps its context, and has built it before the clock runs.
   */
  readonly context: "each-round" | "once";
  /**
   * booted: a docker-container builder, made for every round and tool; images are built before the clock runs, so that
   * a phase is their loading. boot: the one phase is to make such a builder. Default: the engine's own.
   */
  readonly builder?: "booted" | "boot";
  /** What is built and measured in each round, in this order; each is a row of the table. */
  readonly phases: readonly Phase[];
}

/** One row of the table. */
export interface Phase {
  readonly title: string;
  /** How many clients build at once. Default 1. */
  readonly clients?: number;
  /** What happens to the context before the clock runs. */
  change?(folder: string): Promise<void>;
}

/** All cases, in the order in which they run. */
export const cases: readonly Case[] = [
  {
    name: "no-op",
    rounds: { normal: 20, quick: 5 },
    makeContext: makeSmallContext,
    context: "once",
    phases: [{ title: "no-op cached build" }],
  },
  {
    name: "parallel",
    rounds: { normal: 5, quick: 1 },
    makeContext: makeSmallContext,
    context: "once",
    phases: [{ title: "32 no-op builds at once", clients: 32 }],
  },
  {
    name: "many-files",
    rounds: { normal: 5, quick: 1 },
    makeContext: makeManyFiles,
    context: "each-round",
    phases: [
      { title: "20 000 files (60 MB), first" },
      { title: "20 000 files, unchanged" },
      { title: "20 000 files, one changed", change: changeOneFile },
    ],
  },
  {
    name: "large-file",
    rounds: { normal: 3, quick: 1 },
    makeContext: makeLargeFile,
    context: "each-round",
    phases: [{ title: "512 MiB file, first" }, { title: "512 MiB file, unchanged" }],
  },
  {
    name: "boot",
    rounds: { normal: 10, quick: 3 },
    makeContext: makeSmallContext,
    context: "each-round",
    builder: "boot",
    phases: [{ title: "docker-container builder, created and booted" }],
  },
  {
    name: "load",
    rounds: { normal: 3, quick: 1 },
    makeContext: makeLargeImage,
    context: "each-round",
    builder: "booted",
    phases: [
      { title: "`--load` of a 512 MiB image, first" },
      { title: "`--load`, one small layer changed", change: changeSmallLayer },
      { title: "`--load`, unchanged" },
    ],
  },
];
