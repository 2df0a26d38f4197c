/**
 * Flags of the Node.js that runs a host. The memory of Buffers makes V8 mark the heap incrementally again and again,
 * although the heap itself does not grow: a third of the CPU time of a large context. V8 must get the flag when the
 * process starts; set later, it crashed about one host in a hundred. The space for young objects, in MiB, is 16 by
 * default, which a host fills without need: 10 MiB after one build, 20 MiB after many.
 */
export const hostNodeFlags = ["--no-incremental-marking", "--max-semi-space-size=1"];
