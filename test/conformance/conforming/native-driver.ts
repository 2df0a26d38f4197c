import {
  BuildFailed,
  Code,
  type ContextFiles,
  EndpointUse,
  type NativeDriver,
  NodeState,
  Severity,
  validateNode,
  verdict,
} from "../../../src/driver/index.js";

/** A driver that builds without BuildKit: it only supports `COPY`. */
export function nativeDriver(): NativeDriver {
  const descriptor = {
    name: "native",
    title: "A native driver",
    capabilities: [{ id: "builders.create" }, { id: "build.native" }],
    nativeBuild: { fields: ["secrets"], outputs: ["tar"] },
    endpoint: { use: EndpointUse.FORBIDDEN },
  };
  return {
    descriptor,
    validate: async (config) => verdict(validateNode(descriptor, config)),
    bootstrap: async () => ({ state: NodeState.RUNNING }),
    inspect: async () => ({ state: NodeState.RUNNING }),
    remove: async () => ({}),
    nativeBuilder: {
      check: async ({ outputs }) =>
        outputs.flatMap(({ attributes }, index) =>
          Object.keys(attributes).map((name) => ({
            severity: Severity.ERROR,
            reason: "ATTRIBUTE_UNSUPPORTED",
            field: `outputs[${index}].attributes[${name}]`,
            message: `There is no attribute ${name}.`,
          })),
        ),
      async build({ id, spec, contexts }, call) {
        const vertex = { id, name: "[1/1] COPY" };
        await call.progress({ vertexes: [vertex] });
        const archives: Buffer[] = [];
        for await (const context of contexts) archives.push(await bytesOf(context));
        const copied = /COPY (\S+)/.exec(
          String(Buffer.from(spec.dockerfile!.source.value as Uint8Array)),
        )?.[1];
        if (!archives[0]?.includes(`${copied}\0`)) {
          const message = `There is no ${copied} in the context.`;
          throw new BuildFailed({ reason: "FILE_NOT_FOUND", code: Code.NotFound, message });
        }
        for (const index of spec.outputs.keys()) await call.output(index, streamOf(archives[0]));
        return { imageNames: [] };
      },
    },
  };
}

async function bytesOf({ archive }: ContextFiles): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* streamOf(bytes: Uint8Array) {
  yield bytes;
}
