import {
  changeOneFile,
  changeSmallLayer,
  makeBaselessContext,
  makeLargeFile,
  makeLargeImage,
  makeManyFiles,
  makeSmallContext,
  touchLargeFile,
} from "./contexts.js";
import type { ProcessCost } from "./measure.js";
import type { Language, Result, Tool } from "./tool.js";

/** A benchmark. Its rounds alternate between the tools. */
export interface Case {
  /** For `--only`. */
  readonly name: string;
  /** Number of rounds. A quick run only checks that everything works. */
  readonly rounds: { normal: number; quick: number };
  /** Creates the context in a new folder. */
  makeContext(folder: string): Promise<void>;
  /**
   * each-round: each tool has a new context in each round.
   * once: each tool keeps one context, and builds it before the measurement.
   */
  readonly context: "each-round" | "once";
  /**
   * booted: a docker-container builder for each context and tool. What is measured has been built before, so an image
   * only has to be loaded. boot: phases create such a builder. Default: the engine's own builder.
   */
  readonly builder?: "booted" | "boot";
  /** The measurements of each round, in order. Each is a row of the table. */
  readonly phases: readonly Phase[];
}

/** One row of the table. */
export interface Phase {
  readonly title: string;
  /** Number of concurrent clients. Default: 1. */
  readonly clients?: number;
  /** Changes the context before the measurement. */
  change?(folder: string): Promise<void>;
  /** What is measured. Default: {@link Tool.build}. */
  measure?(tool: Tool, target: Target): Promise<ProcessCost>;
}

/** What a phase measures a tool with. */
export interface Target {
  context: string;
  result: Result;
  /** Name of a BuildKit image in the engine's store. */
  builderImage: string;
}

/** Tools that have an API are called by a client in a language; CPU time and memory of the client do not count. */
const byApi =
  (language: Language): Phase["measure"] =>
  (tool, { context, result }) =>
    (tool.calls[language] ?? tool.build)(context, result);

/** All cases, in order. */
export const cases: readonly Case[] = [
  {
    name: "start",
    rounds: { normal: 20, quick: 3 },
    makeContext: makeSmallContext,
    context: "once",
    phases: [
      { title: "`version`", measure: (tool) => tool.command(["version"]) },
      { title: "`--help`", measure: (tool) => tool.command(["--help"]) },
      {
        title: "first build, nothing runs yet",
        measure: (tool, { context, result }) => tool.firstBuild(context, result),
      },
    ],
  },
  {
    name: "no-op",
    rounds: { normal: 20, quick: 5 },
    makeContext: makeSmallContext,
    context: "once",
    phases: [
      { title: "no-op cached build" },
      { title: "no-op cached build, by API", measure: byApi("typescript") },
      { title: "no-op cached build, by API in Go", measure: byApi("go") },
    ],
  },
  {
    name: "no-op-container",
    rounds: { normal: 20, quick: 3 },
    makeContext: makeBaselessContext,
    context: "once",
    builder: "booted",
    phases: [
      {
        title: "no-op cached build, docker-container, by API",
        measure: (tool, { context, result: { builder } }) =>
          (tool.calls.typescript ?? tool.build)(context, { builder }),
      },
    ],
  },
  {
    name: "parallel",
    rounds: { normal: 5, quick: 1 },
    makeContext: makeSmallContext,
    context: "once",
    phases: [
      { title: "32 no-op builds at once", clients: 32 },
      { title: "32 no-op builds at once, by API", clients: 32, measure: byApi("typescript") },
    ],
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
    phases: [
      { title: "512 MiB file, first" },
      { title: "512 MiB file, all bytes again", change: touchLargeFile },
      { title: "512 MiB file, unchanged" },
    ],
  },
  {
    name: "boot",
    rounds: { normal: 10, quick: 3 },
    makeContext: makeSmallContext,
    context: "each-round",
    builder: "boot",
    phases: [
      {
        title: "docker-container builder, created and booted",
        measure: (tool, { result, builderImage }) => tool.boot(result.builder!, builderImage),
      },
    ],
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
