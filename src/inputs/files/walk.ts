import { byteOrder } from "./byte-order.js";
import type { Filter, Verdict } from "./filter.js";
import type { FileSource, SourceEntry } from "./source.js";

/** How many sibling folders are read ahead at every depth. */
const foldersAhead = 4;

interface Node {
  path: string;
  isFolder: boolean;
  verdict: Verdict;
  entry: SourceEntry;
}

/** Receives an entry; the walk continues when the promise resolves. */
export type Visit = (path: string, entry: SourceEntry) => Promise<void>;

/**
 * Visits what the filter keeps: depth first, the names of a folder in byte order, a folder before its content. A folder
 * that the filter does not keep is visited too, once something inside is kept.
 */
export async function walk(
  source: FileSource,
  filter: Filter,
  visit: Visit,
  signal: AbortSignal,
): Promise<void> {
  /** Folders on the way to the current entry that are not visited yet. */
  const unvisited: Node[] = [];

  async function load(folder: string, verdict?: Verdict): Promise<Node[]> {
    const nodes: Omit<Node, "entry">[] = [];
    for (const { name, isFolder } of await source.list(folder)) {
      signal.throwIfAborted();
      const path = folder ? `${folder}/${name}` : name;
      const its = await filter(path, isFolder, verdict);
      if (its.kept || its.walked) nodes.push({ path, isFolder, verdict: its });
    }
    nodes.sort((a, b) => byteOrder(a.path, b.path));
    const entries = await source.stat(
      nodes.map(({ path }) => path),
      nodes,
    );
    return nodes.flatMap((node, i) => (entries[i] ? [{ ...node, entry: entries[i] }] : []));
  }

  async function walkFolder(nodes: Node[]): Promise<void> {
    const folders = nodes.filter(({ isFolder, verdict }) => isFolder && verdict.walked);
    const loading = new Map<Node, Promise<Node[]>>();
    let loaded = 0;
    for (const node of nodes) {
      while (loaded < folders.length && loading.size < foldersAhead) {
        const ahead = folders[loaded++]!;
        const loads = load(ahead.path, ahead.verdict);
        loads.catch(() => {}); // Reported when it is awaited, unless the walk has failed before.
        loading.set(ahead, loads);
      }
      signal.throwIfAborted();
      if (node.verdict.kept) {
        for (const folder of unvisited.splice(0)) await visit(folder.path, folder.entry);
        await visit(node.path, node.entry);
      }
      const content = loading.get(node);
      if (!content) continue;
      loading.delete(node);
      if (!node.verdict.kept) unvisited.push(node);
      await walkFolder(await content);
      if (unvisited.at(-1) === node) unvisited.pop();
    }
  }

  await walkFolder(await load(""));
}
