import type { Stat } from "../../gen/fsutil/types/wire_pb.js";

/**
 * The modification time of an entry in seconds, as Node's `fs` accepts it. Node truncates the double to microseconds;
 * half a microsecond is added because rounding could otherwise yield the previous one.
 */
export const modificationTime = ({ modTime }: Stat) => (Number(modTime / 1000n) + 0.5) / 1e6;
