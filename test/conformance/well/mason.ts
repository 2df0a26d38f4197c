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

/** The mason's driver, in the same plugin: it builds by itself, what `COPY` names and nothing else. */
export function masonDriver(): NativeDriver {
  const descriptor = {
    name: "mason",
    title: "A mason",
    capabilities: [
      { id: "builders.create" },
      { id: "build.native", settings: { fields: ["secrets"], outputs: ["tar"] } },
    ],
    endpoint: { use: EndpointUse.FORBIDDEN },
  };
  return {
    descriptor,
    validate: async (config) => verdict(validateNode(descriptor, config)),
    bootstrap: async () => ({ state: NodeState.RUNNING }),
    inspect: async () => ({ state: NodeState.RUNNING }),
    remove: async () => [],
    nativeBuilder: {
      check: async ({ outputs }) =>
        outputs.flatMap(({ attributes }, index) =>
          Object.keys(attributes).map((name) => ({
            severity: Severity.ERROR,
            reason: "ATTRIBUTE_UNSUPPORTED",
            field: `outputs[${index}].attributes[${name}]`,
            message: `there is no attribute ${name}`,
          })),
        ),
      async build({ id, spec, contexts }, call) {
        const vertex = { digest: id, name: "[1/1] COPY" };
        await call.progress({ vertexes: [vertex] });
        const archives: Buffer[] = [];
        for await (const context of contexts) archives.push(await bytesOf(context));
        const wanted = /COPY (\S+)/.exec(
          String(Buffer.from(spec.dockerfile!.source.value as Uint8Array)),
        )?.[1];
        if (!archives[0]?.includes(`${wanted}\0`)) {
          const message = `there is no ${wanted} in the context`;
          throw new BuildFailed({ reason: "FILE_NOT_FOUND", code: Code.NotFound, message });
        }
        for (const index of spec.outputs.keys()) await call.output(index, only(archives[0]));
        return { imageNames: [] };
      },
    },
  };
}

async function bytesOf({ archive }: ContextFiles): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of archive) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* only(bytes: Uint8Array) {
  yield bytes;
}
