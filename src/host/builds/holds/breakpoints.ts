import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import type { GraphStep, StepRange, StepSource } from "../../../buildkit/step-graph.js";
import { invalidField } from "../../../errors/typed-error.js";
import type { Breakpoint } from "../../../gen/slipway/v1/build_pb.js";
import type { BreakpointPlaceSchema } from "../../../gen/slipway/v1/debug_pb.js";

/** How many breakpoints a build can have. */
const maxBreakpoints = 1_000;

/** The longest name of a file in one, in characters. */
const maxFilename = 4_096;

/**
 * The breakpoints of a build. A frontend can give thousands of steps long names of files, so names are looked up, and not
 * compared each with each.
 */
export class Breakpoints {
  readonly #given: readonly Breakpoint[];
  /** Their lines by the file; under "" those in any file. */
  readonly #lines = new Map<string, number[]>();

  /** Throws INVALID_ARGUMENT, reason BREAKPOINT_INVALID. */
  constructor(given: readonly Breakpoint[]) {
    check(given);
    this.#given = given;
    for (const { filename, line } of given) append(this.#lines, filename, line);
  }

  /** Their number. */
  get size(): number {
    return this.#given.length;
  }

  /** Whether a step is written on the line of one. */
  hold({ source }: GraphStep): boolean {
    if (!source) return false;
    const { filename, range } = source;
    return ["", filename].some((file) => this.#lines.get(file)?.some((line) => isIn(range, line)));
  }

  /** Where the build is held for each. */
  placesIn(steps: Iterable<GraphStep>): MessageInitShape<typeof BreakpointPlaceSchema>[] {
    const sources = new Map<string, StepSource[]>();
    for (const { source } of steps)
      if (source) for (const file of new Set(["", source.filename])) append(sources, file, source);
    return this.#given.map(({ filename, line }) => ({
      range: sources.get(filename)?.find(({ range }) => isIn(range, line))?.range,
    }));
  }
}

/** INVALID_ARGUMENT, reason BREAKPOINT_INVALID. */
export function breakpointInvalid(field: string, message: string, remedy?: string): ConnectError {
  return invalidField(field, "BREAKPOINT_INVALID", message, remedy);
}

function check(breakpoints: readonly Breakpoint[]): void {
  if (breakpoints.length > maxBreakpoints)
    throw breakpointInvalid("breakpoints", `There are more than ${maxBreakpoints} breakpoints.`);
  for (const [index, { filename, line }] of breakpoints.entries()) {
    const field = `breakpoints[${index}]`;
    if (line < 1) throw breakpointInvalid(`${field}.line`, "Lines are counted from 1.");
    if (filename.length > maxFilename)
      throw breakpointInvalid(`${field}.filename`, `The name has more than ${maxFilename} characters.`);
  }
}

const isIn = ({ startLine, endLine }: StepRange, line: number) => startLine <= line && line <= endLine;

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
