import type { TreeEntry } from "../filesync/packet.js";

/**
 * The modification time of an entry in seconds, as Node's `fs` accepts it. Node truncates the double to microseconds;
 * half a microsecond is added because rounding could otherwise yield the previous one.
 */
export const modificationTime = ({ modTime }: TreeEntry) => (Number(modTime / 1000n) + 0.5) / 1e6;
