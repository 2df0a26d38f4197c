import yaml from "js-yaml";
import { BakeError } from "../bake-error.js";
import { type BakeFile, FileError } from "../hcl/parse-file.js";

/** A value with the tag `!reset` or `!override`, which says how it is merged. */
export class Tagged {
  constructor(
    readonly tag: "reset" | "override",
    readonly value: unknown,
  ) {}
}

const kinds = ["scalar", "sequence", "mapping"] as const;
const mergeTags = (["reset", "override"] as const).flatMap((tag) =>
  kinds.map((kind) => new yaml.Type(`!${tag}`, { kind, construct: (value) => new Tagged(tag, value) })),
);
/** The types of JSON and the key `<<`. */
const schema = yaml.CORE_SCHEMA.extend({
  implicit: [new yaml.Type("tag:yaml.org,2002:merge", { kind: "scalar", resolve: (key) => key === "<<" })],
  explicit: mergeTags,
});

/** The documents of a file, each of which is a mapping. Throws a {@link FileError} or a {@link BakeError}. */
export function parseYaml({ name, text }: BakeFile): Record<string, unknown>[] {
  let documents: unknown[];
  try {
    documents = yaml.loadAll(text, undefined, { schema });
  } catch (cause) {
    if (!(cause instanceof yaml.YAMLException) || !cause.mark) throw cause;
    const { line, column } = cause.mark;
    throw new FileError({ name, text }, line + 1, column + 1, `Invalid YAML; ${cause.reason}`);
  }
  return documents
    .filter((document) => document !== null && document !== undefined)
    .map((document) => {
      if (!isMapping(document)) throw new BakeError(`${name}: top-level object must be a mapping`);
      return document;
    });
}

/** Whether a value is a mapping. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Tagged);
}
