import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Plugin as EsbuildPlugin } from "esbuild";
import type { Plugin } from "rolldown";

/** The modules of @bufbuild/protobuf that make the descriptions of generated code. */
const makers = /\/@bufbuild\/protobuf\/dist\/esm\/codegenv2\/(boot|enum|file|message|service)\.js$/;

const codec = join(import.meta.dirname, "../src/codec");

/** Makes the descriptions of generated code when something of them is read (see src/codec/lazy-descriptors.ts). */
export const lazyDescriptors: Plugin = {
  name: "lazy-descriptors",
  load: { filter: { id: makers }, handler: (id) => lazySource(id) },
};

/** The same for esbuild. */
export const lazyDescriptorsForEsbuild: EsbuildPlugin = {
  name: "lazy-descriptors",
  setup({ onLoad }) {
    onLoad({ filter: makers }, async ({ path }) => ({ contents: await lazySource(path) }));
  },
};

async function lazySource(path: string): Promise<string> {
  // Relative, since source maps have the text: packages must not depend on the checkout's folder.
  const inCodec = (file: string) => JSON.stringify(relative(dirname(path), join(codec, file)));
  const lazy = (await readFile(path, "utf8")).replace(
    /^export function (boot|fileDesc|(?:enum|message|service)Desc)\(/m,
    (_, name) =>
      `import { lazyDescriptor } from ${inCodec("lazy-descriptors.ts")};\n` +
      `export const ${name} = (...args) => lazyDescriptor(() => make(...args));\n` +
      "function make(",
  );
  const source = lazy.replace(
    "fromBinary(FileDescriptorProtoSchema, base64Decode(b64))",
    'decodeFile(Buffer.from(b64, "base64"))',
  );
  const decodes = source !== lazy;
  if (!lazy.includes("function make(") || decodes !== path.endsWith("/file.js"))
    throw new Error(`${path} has another content than expected.`);
  return decodes ? `import { decodeFile } from ${inCodec("file-descriptor.ts")};\n${source}` : source;
}
