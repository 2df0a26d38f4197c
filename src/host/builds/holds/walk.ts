import { create } from "@bufbuild/protobuf";
import { type GraphStep, isLarge, StepGraph } from "../../../buildkit/step-graph.js";
import { type Definition, DefinitionSchema, type Input } from "../../../gen/pb/ops_pb.js";
import type { BuildError } from "../../../gen/slipway/build/v1/build_error_pb.js";
import { type Gateway, resultForm } from "../gateway.js";
import { type Point, Program } from "./program.js";

/** Files that a step sees. */
export interface Tree {
  /** "/" for those that the step changes. */
  readonly name: string;
  /** Id of the result that has them. */
  readonly ref: string;
}

/** The result of a platform, which BuildKit solves as far as a debugger wants. */
export class Walk {
  readonly program: Program;
  readonly #graph: StepGraph;
  readonly #gateway: Gateway;
  /** Id of the whole result. */
  readonly #ref: string;
  /** Ids of the results of steps. */
  readonly #refs = new Map<string, Promise<string>>();

  /** Whether the result has too many steps to be held at them. */
  readonly isLarge: boolean;

  /** @param definition without it, and with a large one, the result has no points */
  constructor(ref: string, definition: Definition | undefined, gateway: Gateway) {
    this.#ref = ref;
    this.isLarge = definition !== undefined && isLarge(definition);
    this.#graph = new StepGraph(definition && !this.isLarge ? definition : create(DefinitionSchema));
    this.program = new Program(this.#graph);
    this.#gateway = gateway;
  }

  /** All steps that are in source files. */
  get steps(): GraphStep[] {
    return [...this.#graph.steps].filter(({ source }) => source);
  }

  /**
   * Solves what comes before a point, or everything. Returns the files of each input of the step; behind a step its own.
   * Rejects with BuildKit's error of the step that failed.
   */
  async reach(point: Point | undefined): Promise<readonly Tree[]> {
    if (!point) {
      await this.#evaluate(this.#ref);
      return [];
    }
    const { step, done } = point;
    const inputs = done ? [done] : step.op.inputs;
    const names = done ? ["/"] : this.#graph.namesOf(step);
    const trees: Tree[] = [];
    // One after the other: each is asked for with the whole definition, and a step can have hundreds.
    for (const [index, input] of inputs.entries())
      trees.push({ name: names[index]!, ref: await this.#refOf(input) });
    await Promise.all(
      trees.map(({ ref }, index) => (point.isDeferred(index) ? undefined : this.#evaluate(ref))),
    );
    return trees;
  }

  /** The point before the step that an error is about; undefined when it is not known. */
  pointOf({ vertex, sources }: BuildError): Point | undefined {
    const lines = new Map<string, Set<number>>();
    for (const { filename, ranges } of sources) {
      const own = lines.get(filename) ?? new Set<number>();
      lines.set(filename, own);
      for (const { startLine } of ranges) own.add(startLine);
    }
    // BuildKit gives some steps another id when it adds their platform.
    const isWritten = ({ source }: GraphStep) =>
      source !== undefined && (lines.get(source.filename)?.has(source.range.startLine) ?? false);
    return this.program.before(({ digest }) => digest === vertex) ?? this.program.before(isWritten);
  }

  #evaluate(ref: string): Promise<unknown> {
    const { bridge, options } = this.#gateway;
    return ref ? bridge.evaluate({ ref }, options) : Promise.resolve();
  }

  /** The lazy result of a step; empty for one without files. */
  #refOf(input: Input): Promise<string> {
    const key = `${input.digest} ${input.index}`;
    const { head } = this.#graph;
    if (head && key === `${head.digest} ${head.index}`) return Promise.resolve(this.#ref);
    const known = this.#refs.get(key) ?? this.#solve(input);
    this.#refs.set(key, known);
    return known;
  }

  async #solve(input: Input): Promise<string> {
    const { bridge, options } = this.#gateway;
    const { result } = await bridge.solve({ ...resultForm, definition: this.#graph.upTo(input) }, options);
    return result?.result.case === "ref" ? result.result.value.id : "";
  }
}
