import type { FoundPlugin } from "../discovery.js";
import { checksumMismatch } from "../trust.js";
import { treeProblems } from "./tree-digests.js";

/** Lists how a plugin's files differ from the lock file or from the checksums of its manifest. */
export async function integrityProblems({ manifest, folder, locked }: FoundPlugin): Promise<string[]> {
  const problems = locked ? await treeProblems(folder, locked.files) : [];
  const mismatch = problems.length === 0 && (await checksumMismatch(manifest));
  return mismatch ? [mismatch] : problems;
}
