import type { FoundPlugin } from "../discovery.js";
import { checksumMismatch } from "../trust.js";
import { treeProblems } from "./tree-digests.js";

/** How a plugin's files differ from those that were installed, or that its manifest names; empty when they do not. */
export async function integrityProblems({ manifest, folder, locked }: FoundPlugin): Promise<string[]> {
  const problems = locked ? await treeProblems(folder, locked.files) : [];
  const mismatch = problems.length === 0 && (await checksumMismatch(manifest));
  return mismatch ? [mismatch] : problems;
}
