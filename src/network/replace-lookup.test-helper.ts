import { syncBuiltinESMExports } from "node:module";
import { onTestFinished, vi } from "vitest";

/** Replaces `lookup` of `node:dns` or `node:dns/promises`, for all who import it, until the test has ended. */
export function replaceLookup<Lookup extends (...parameters: never[]) => unknown>(
  module: { lookup: Lookup },
  lookup: (...parameters: never[]) => unknown,
): void {
  const spy = vi.spyOn(module as { lookup: (...parameters: never[]) => unknown }, "lookup");
  spy.mockImplementation(lookup);
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
}
