import { randomBytes } from "node:crypto";
import { isAbsolute, join } from "node:path";
import type { BakeTarget } from "../../gen/slipway/v1/bake_pb.js";
import { keepLocalState, keepLocalStateGroup } from "../local-state/keep-local-state.js";

/** Keeps the builds of one bake for buildx and Docker Desktop, as a group. */
export class BakeStates {
  readonly #targets: ReadonlyMap<string, BakeTarget>;
  readonly #wanted: readonly string[];
  readonly #group = randomBytes(12).toString("hex");
  readonly #refs: string[] = [];

  /** @param wanted names that the user gave */
  constructor(targets: readonly BakeTarget[], wanted: readonly string[]) {
    this.#targets = new Map(targets.map((target) => [target.name, target]));
    this.#wanted = wanted;
  }

  /** @param ref "builder/node/reference" */
  async keep(name: string, ref: string): Promise<void> {
    this.#refs.push(ref.slice(ref.lastIndexOf("/") + 1));
    await keepLocalState(ref, { ...placeOf(this.#targets.get(name)!), target: name, group: this.#group });
  }

  /** Keeps the group, once all builds have started. */
  async close(): Promise<void> {
    if (this.#refs.length > 0) await keepLocalStateGroup(this.#group, this.#wanted, this.#refs);
  }
}

function placeOf({ local, spec }: BakeTarget): { context: string; file: string } {
  const url = spec?.context?.source.case === "url" ? spec.context.source.value : undefined;
  const { context = "", dockerfile = "" } = local ?? {};
  const file = dockerfile || "Dockerfile";
  if (url !== undefined) return { context: url, file };
  return { context, file: isAbsolute(file) || file.includes("://") ? file : join(context, file) };
}
