import { BakeError, CycleError } from "./bake-error.js";
import { ConversionError } from "./hcl/convert.js";
import { templateOffset } from "./hcl/expressions.js";
import { HclError, type Place } from "./hcl/hcl-error.js";
import { type Body, blockTypes, FileError, labelled } from "./hcl/parse-file.js";
import { type Region, regionsOf } from "./hcl/regions.js";

/** A parsed file. */
export interface ParsedFile {
  readonly name: string;
  readonly text: string;
  readonly body: Body;
}

/** An attribute and its value, in which templates are texts. */
interface Site {
  readonly file: ParsedFile;
  readonly place: Place;
  readonly json: unknown;
}

/** Says of errors where in the files they are. The parser gives no positions, so they are looked for in the texts. */
export class Positions {
  readonly #files: readonly ParsedFile[];
  readonly #regions = new Map<ParsedFile, readonly Region[]>();

  constructor(files: readonly ParsedFile[]) {
    this.#files = files;
  }

  /**
   * The error with file, line and column, and the block and attribute that it is in; one that has them stays as it is.
   * @param place where it is, if the error does not know better
   */
  located(cause: unknown, place: Place): unknown {
    const isPlaced = cause instanceof HclError || cause instanceof CycleError;
    if (!isPlaced && !(cause instanceof ConversionError)) return cause;
    const inner = (isPlaced && cause.place) || place;
    const problem = [nameOf(inner), cause.message].filter(Boolean).join(": ");
    const found = this.#find(inner, cause);
    if (!found) return new BakeError(inner.file ? `${inner.file}: ${problem}` : problem, { cause });
    const { file, offset } = found;
    const before = file.text.slice(0, offset).split("\n");
    return new FileError(file, before.length, before.at(-1)!.length + 1, problem, { cause });
  }

  #find(place: Place, cause: Error): { file: ParsedFile; offset: number } | undefined {
    const { template, byte } = cause instanceof HclError ? cause : {};
    if (template !== undefined) {
      const sites = [...this.#sites()].filter(({ json }) => contains(json, template));
      const isOwn = (site: Site) => isIn(site.place, place);
      for (const { file, place: at } of [...sites.filter(isOwn), ...sites]) {
        const offset = this.#offsetOf(file, at, template, byte);
        if (offset !== undefined) return { file, offset };
      }
    }
    for (const file of this.#files) {
      const [region] = this.#regionsOf(file, place);
      if (region) return { file, offset: region.start };
    }
    return undefined;
  }

  /** Where a part of a template is in its file: behind as many like it as there are before it in the template. */
  #offsetOf(file: ParsedFile, place: Place, template: string, byte = 0): number | undefined {
    const from = templateOffset(template, byte);
    const [part = ""] = /^[^\n}]*/.exec(template.slice(from)) ?? [];
    const before = template.slice(0, from).split(part).length - 1;
    for (const { start, end } of this.#regionsOf(file, place)) {
      const text = file.text.slice(start, end);
      const written = text.includes(part) ? part : JSON.stringify(part).slice(1, -1);
      const pieces = written ? text.split(written) : [];
      if (pieces.length > 1) return start + pieces.slice(0, before + 1).join(written).length;
    }
    return undefined;
  }

  #regionsOf(file: ParsedFile, { file: name = file.name, type, label, attribute = "" }: Place): Region[] {
    if (name !== file.name) return [];
    const regions = this.#regions.get(file) ?? regionsOf(file.text);
    this.#regions.set(file, regions);
    return regions.filter(
      (each) => each.type === type && each.label === label && each.attribute === attribute,
    );
  }

  *#sites(): Generator<Site> {
    for (const file of this.#files) {
      for (const [name, json] of Object.entries(file.body)) {
        const top = { file: file.name, type: "", label: "", attribute: name };
        if (!blockTypes.includes(name)) yield { file, place: top, json };
        else
          for (const [label, block] of labelled(json, file.name))
            for (const [attribute, value] of Object.entries(block))
              yield { file, place: { file: file.name, type: name, label, attribute }, json: value };
      }
    }
  }
}

/** Whether an attribute is the one of a place, or in the block of a place. */
function isIn(site: Place, place: Place): boolean {
  const isSame = site.type === place.type && site.label === place.label;
  return isSame && (place.attribute === undefined || site.attribute === place.attribute);
}

/** A place as errors name it, without its file. */
function nameOf({ type, label, attribute }: Place): string {
  if (!type) return attribute ?? "";
  const block = `${type} ${JSON.stringify(label)}`;
  return attribute === undefined ? block : `${block}, attribute ${JSON.stringify(attribute)}`;
}

/** Whether a piece of parsed JSON has a text, as a value or a key. */
function contains(json: unknown, text: string): boolean {
  if (typeof json === "string") return json === text;
  if (Array.isArray(json)) return json.some((item) => contains(item, text));
  if (json === null || typeof json !== "object") return false;
  return Object.entries(json).some(([key, value]) => key === text || contains(value, text));
}
