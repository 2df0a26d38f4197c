import { basename } from "node:path";
import type { DebugProtocol } from "@vscode/debugprotocol";
import type { BreakpointPlace } from "../../gen/slipway/v1/debug_pb.js";

/** A breakpoint as the user set it, and where the build is held for it. */
export interface EditorBreakpoint {
  readonly id: number;
  /** The user's line. */
  readonly wanted: number;
  readonly shown: DebugProtocol.Breakpoint;
}

/** The breakpoints of an editor, by file. Lines count from 1. */
export class EditorBreakpoints {
  readonly #byPath = new Map<string, EditorBreakpoint[]>();
  #last = 0;

  /** Replaces those of a file. One that was there keeps its id. */
  set(path: string, lines: readonly number[]): readonly EditorBreakpoint[] {
    const earlier = this.#byPath.get(path) ?? [];
    const source = { name: basename(path), path };
    const breakpoints = lines.map((line): EditorBreakpoint => {
      const known = earlier.find(({ wanted, shown }) => wanted === line || shown.line === line);
      if (known) return known;
      const id = ++this.#last;
      return { id, wanted: line, shown: { id, verified: false, reason: "pending", line, source } };
    });
    this.#byPath.set(path, breakpoints);
    return breakpoints;
  }

  /** Those of the files for which `isWanted`. */
  in(isWanted: (path: string) => boolean): EditorBreakpoint[] {
    return [...this.#byPath].flatMap(([path, breakpoints]) => (isWanted(path) ? breakpoints : []));
  }

  /** Takes notice of where the build is held for a breakpoint; whether that is news. */
  resolve({ shown }: EditorBreakpoint, { range }: BreakpointPlace): boolean {
    const { startLine: line = shown.line, endLine } = range ?? {};
    const now = range
      ? { verified: true, line, endLine, reason: undefined, message: undefined }
      : { verified: false, reason: "failed" as const, message: "No step is written on this line." };
    const isNews = now.verified !== shown.verified || line !== shown.line || now.reason !== shown.reason;
    Object.assign(shown, now);
    return isNews;
  }
}
