import { createHash } from "node:crypto";
import { type NativeBuildCall, timestampNow } from "slipway/driver";

type Progress = Parameters<NativeBuildCall["progress"]>[0];
type Vertex = NonNullable<Progress["vertexes"]>[number];

/** Converts Buildah's output to steps. Buildah prints them one after another, with the output of their commands. */
export class Steps {
  readonly #build: string;
  #stage = "";
  #stages = 0;
  #current: Vertex | undefined;

  /** @param build id of the build, which makes the ids of its steps unique */
  constructor(build: string) {
    this.#build = build;
  }

  /** The id of the current step. */
  get current(): string {
    return this.#current?.id ?? "";
  }

  /** Converts a line of standard output. */
  line(text: string): Progress {
    const [, , all, step, steps, instruction] =
      /^(?:\[(\d+)\/(\d+)\] )?STEP (\d+)\/(\d+): (.*)$/.exec(text) ?? [];
    if (instruction) return this.begin(this.#nameOf(instruction, all, step!, steps!));
    const [, image] = /^(?:\[\d+\/\d+\] )?COMMIT ?(.*)$/.exec(text) ?? [];
    if (image !== undefined) return this.begin(`exporting to Buildah's storage${image && ` as ${image}`}`);
    if (text.startsWith("--> Using cache")) {
      if (this.#current) this.#current.cached = true;
      return {};
    }
    if (/^--> [0-9a-f]+$/.test(text)) return {};
    return this.log(1, `${text}\n`);
  }

  /** Output of the current step. */
  log(stream: 1 | 2, text: string): Progress {
    const log = { vertex: this.current, time: timestampNow(), stream, data: Buffer.from(text) };
    return this.#current ? { logs: [log] } : {};
  }

  /** Ends the current step. */
  end(error = ""): Progress {
    const vertex = this.#current;
    this.#current = undefined;
    return vertex ? { vertexes: [{ ...vertex, endTime: timestampNow(), error }] } : {};
  }

  /** Starts a step, and ends the current one. */
  begin(name: string): Progress {
    const before = this.end().vertexes ?? [];
    const id = `sha256:${createHash("sha256").update(`${this.#build}\0${name}`).digest("hex")}`;
    this.#current = { id, name, startTime: timestampNow() };
    return { vertexes: [...before, this.#current] };
  }

  /** The name of a step as in BuildKit: "[stage 2/3] RUN make". */
  #nameOf(instruction: string, all: string | undefined, step: string, steps: string): string {
    if (step === "1") {
      this.#stage = /^FROM\s.*\sAS\s+(\S+)/i.exec(instruction)?.[1] ?? `stage-${this.#stages}`;
      this.#stages++;
    }
    return `[${all ? `${this.#stage} ` : ""}${step}/${steps}] ${instruction}`;
  }
}
