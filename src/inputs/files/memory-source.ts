import type { FileSource } from "./source.js";

/** A flat folder of files in memory, such as a Dockerfile that came with the request. */
export function memorySource(files: Record<string, Uint8Array>): FileSource {
  const modTime = BigInt(Date.now()) * 1_000_000n;
  return {
    async list(folder) {
      return folder === "" ? Object.keys(files).map((name) => ({ name, isFolder: false })) : [];
    },
    async stat(paths) {
      return paths.map((path) => {
        const file = files[path];
        return file && { mode: 0o644, size: file.length, modTime };
      });
    },
    async open(path) {
      const file = files[path];
      if (!file) throw new Error(`No such file: ${path}.`);
      let offset = 0;
      return {
        async read(target) {
          const chunk = file.subarray(offset, offset + target.length);
          target.set(chunk);
          offset += chunk.length;
          return chunk.length;
        },
        async close() {},
      };
    },
  };
}
