import { createHash } from "node:crypto";
import { type NativeBuildCall, timestampNow } from "slipway/driver";

type Progress = Parameters<NativeBuildCall["progress"]>[0];
type Vertex = NonNullable<Progress["vertexes"]>[number];

/** Reads Buildah's output as steps: it tells them one after another, with the output of their commands in between. */
export class Steps {
  readonly #build: string;
  #stage = "";
  #stages = 0;
  #current: Vertex | undefined;

  /** @param build id of the build; steps of different builds differ */
  constructor(build: string) {
    this.#build = build;
  }

  /** The digest of the step that goes on. */
  get current(): string {
    return this.#current?.digest ?? "";
  }

  /** What a line of standard output says. */
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

  /** Output of the step that goes on. */
  log(stream: 1 | 2, text: string): Progress {
    const log = { vertex: this.current, time: timestampNow(), stream, data: Buffer.from(text) };
    return this.#current ? { logs: [log] } : {};
  }

  /** Ends the step that goes on. */
  end(error = ""): Progress {
    const vertex = this.#current;
    this.#current = undefined;
    return vertex ? { vertexes: [{ ...vertex, completeTime: timestampNow(), error }] } : {};
  }

  /** Begins a step, and ends the one before. */
  begin(name: string): Progress {
    const before = this.end().vertexes ?? [];
    const digest = `sha256:${createHash("sha256").update(`${this.#build}\0${name}`).digest("hex")}`;
    this.#current = { digest, name, startTime: timestampNow() };
    return { vertexes: [...before, this.#current] };
  }

  /** As BuildKit names steps: "[stage 2/3] RUN make". */
  #nameOf(instruction: string, all: string | undefined, step: string, steps: string): string {
    if (step === "1") {
      this.#stage = /^FROM\s.*\sAS\s+(\S+)/i.exec(instruction)?.[1] ?? `stage-${this.#stages}`;
      this.#stages++;
    }
    return `[${all ? `${this.#stage} ` : ""}${step}/${steps}] ${instruction}`;
  }
}
