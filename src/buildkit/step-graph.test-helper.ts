import { createHash } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Definition, DefinitionSchema, MountType, OpSchema } from "../gen/pb/ops_pb.js";

/** A step of a test. */
export interface TestStep {
  readonly name: string;
  /** Its line in the Dockerfile; absent for one that is not there. */
  readonly line?: number;
  /** The step whose files it changes; without one it starts from nothing. */
  readonly parent?: string;
  /** The steps that it copies from. */
  readonly from?: readonly string[];
}

/** A definition as BuildKit's frontends make them, whose last step is the last one of the list. */
export function definitionOf(steps: readonly TestStep[]): Definition {
  const digests = new Map<string, string>();
  const def: Uint8Array[] = [];
  const definition: MessageInitShape<typeof DefinitionSchema> = {
    metadata: {},
    source: { locations: {}, infos: [{ filename: "Dockerfile", data: Buffer.from("FROM base\n") }] },
  };
  for (const { name, line, parent, from = [] } of steps) {
    const inputs = [...(parent ? [parent] : []), ...from].map((each) => ({ digest: digests.get(each)! }));
    const mounts = inputs.map((_, index) => ({
      input: BigInt(index),
      dest: index === 0 && parent ? "/" : `/from/${index}`,
      mountType: MountType.BIND,
    }));
    const bytes = toBinary(
      OpSchema,
      create(OpSchema, { inputs, op: { case: "exec", value: { meta: { args: [name] }, mounts } } }),
    );
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    digests.set(name, digest);
    def.push(bytes);
    definition.metadata![digest] = { description: { "llb.customname": name } };
    if (line !== undefined)
      definition.source!.locations![digest] = {
        locations: [{ ranges: [{ start: { line }, end: { line } }] }],
      };
  }
  const last = create(OpSchema, { inputs: [{ digest: [...digests.values()].at(-1)! }] });
  return create(DefinitionSchema, { ...definition, def: [...def, toBinary(OpSchema, last)] });
}
