import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { answerMalformed } from "../errors/answer-malformed.js";
import { type Definition, DefinitionSchema, type Input, type Op, OpSchema } from "../gen/pb/ops_pb.js";
import { sha256 } from "../image/digest.js";

/** One operation of a definition. */
export interface GraphStep {
  readonly digest: string;
  readonly op: Op;
  /** For people; may be empty, and is cut after 256 characters. */
  readonly name: string;
  /** Where it is written; undefined for one that is in no source file, or cannot be shown. */
  readonly source: StepSource | undefined;
}

/** Where a step is written. Lines count from 1, characters from 0. */
export interface StepSource {
  readonly filename: string;
  readonly data: Uint8Array;
  readonly language: string;
  readonly range: StepRange;
}

/** The lines of a step. */
export interface StepRange {
  readonly startLine: number;
  readonly startCharacter: number;
  readonly endLine: number;
  readonly endCharacter: number;
}

/** Most operations of a definition whose steps are read. Frontends make some ten for an instruction at most. */
const maxOps = 10_000;

/** Most bytes of them. */
const maxOpsBytes = 2 * 1024 * 1024;

/** Most inputs of a step that can be shown: BuildKit is asked for each. */
const maxInputs = 256;

/** The longest name of a step and of a language, in characters: where a build stands has those of a hundred steps. */
const maxName = 256;

/** The longest name of a source file whose steps can be shown, in characters. */
const maxFilename = 1_024;

/** Whether a definition is too large for its steps to be read: a frontend of a user can return any. */
export function isLarge({ def }: Definition): boolean {
  return def.length > maxOps || def.reduce((sum, { length }) => sum + length, 0) > maxOpsBytes;
}

/** The steps of a definition, each of which BuildKit can solve by itself. */
export class StepGraph {
  readonly #definition: Definition;
  readonly #steps = new Map<string, GraphStep>();
  /** The last step; undefined for a definition without any. */
  readonly head: Input | undefined;

  /** Throws ANSWER_MALFORMED. */
  constructor(definition: Definition) {
    this.#definition = definition;
    const ops = definition.def.map((bytes) => ({ digest: sha256(bytes), op: opOf(bytes) }));
    // The last operation does nothing; it only names the step before it.
    this.head = ops.at(-1)?.op.inputs[0];
    for (const { digest, op } of ops.slice(0, -1)) {
      const { description = {} } = definition.metadata[digest] ?? {};
      const name =
        description["llb.customname"] ?? description["com.docker.dockerfile.v1.command"] ?? identifierOf(op);
      const source = op.inputs.length > maxInputs ? undefined : sourceOf(definition, digest);
      this.#steps.set(digest, { digest, op, name: name.slice(0, maxName), source });
    }
  }

  get steps(): Iterable<GraphStep> {
    return this.#steps.values();
  }

  /** Undefined when the definition lacks it. */
  step(digest: string): GraphStep | undefined {
    return this.#steps.get(digest);
  }

  /** The definition whose result is an output of a step. */
  upTo({ digest, index }: Pick<Input, "digest" | "index">): Definition {
    const last = toBinary(OpSchema, create(OpSchema, { inputs: [{ digest, index }] }));
    const { def, ...rest } = this.#definition;
    return create(DefinitionSchema, { ...rest, def: [...def.slice(0, -1), last] });
  }

  /**
   * The input whose files a step changes: what is mounted at "/" of a process, or what files are copied to. Undefined for
   * a step that starts from nothing.
   */
  parentOf({ op }: GraphStep): Input | undefined {
    return op.inputs[parentIndex(op)];
  }

  /** The names of a step's inputs for people: a path in the container, the source, or the digest. */
  namesOf({ op }: GraphStep): string[] {
    const mounts = op.op.case === "exec" ? op.op.value.mounts : [];
    const places = new Map<number, string>();
    for (const { input, dest } of mounts) if (!places.has(Number(input))) places.set(Number(input), dest);
    const parent = parentIndex(op);
    return op.inputs.map(({ digest }, index) => {
      const from = this.#steps.get(digest);
      const own = index === parent ? "/" : (from && identifierOf(from.op)) || digest;
      return places.get(index) ?? own;
    });
  }
}

function opOf(bytes: Uint8Array): Op {
  try {
    return fromBinary(OpSchema, bytes);
  } catch {
    throw answerMalformed("the definition of a build", "it is not a list of operations");
  }
}

function parentIndex({ op, inputs }: Op): number {
  if (inputs.length === 0) return -1;
  if (op.case === "exec") return Number(op.value.mounts.find(({ dest }) => dest === "/")?.input ?? -1);
  if (op.case !== "file") return 0;
  const first = op.value.actions.find(({ input }) => input >= 0n && input < BigInt(inputs.length));
  return Number(first?.input ?? -1);
}

const identifierOf = ({ op }: Op): string => (op.case === "source" ? op.value.identifier : "");

function sourceOf({ source }: Definition, digest: string): StepSource | undefined {
  for (const { sourceIndex, ranges } of source?.locations[digest]?.locations ?? []) {
    const info = source?.infos[sourceIndex];
    const [range] = ranges;
    if (!info || info.filename.length > maxFilename || !range?.start) continue;
    const { start, end = start } = range;
    return {
      filename: info.filename,
      data: info.data,
      language: info.language.slice(0, maxName),
      range: {
        startLine: start.line,
        startCharacter: start.character,
        endLine: Math.max(start.line, end.line),
        endCharacter: end.character,
      },
    };
  }
  return undefined;
}
