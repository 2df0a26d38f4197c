import { convert } from "../hcl/convert.js";
import type { HclFunction, Scope } from "../hcl/evaluate.js";
import { readType } from "../hcl/type-expression.js";
import { fn } from "./arguments.js";
import { collectionFunctions } from "./collections.js";
import { networkFunctions } from "./networks.js";
import { numberFunctions } from "./numbers.js";
import { semverFunctions } from "./semver.js";
import { stringFunctions } from "./strings.js";
import { timeFunctions } from "./times.js";

/** The functions that every file can call, those of buildx. */
export function standardFunctions(scope: () => Scope, homeDir: string): ReadonlyMap<string, HclFunction> {
  return new Map(
    Object.entries({
      ...collectionFunctions,
      ...networkFunctions,
      ...numberFunctions,
      ...semverFunctions,
      ...stringFunctions,
      ...timeFunctions,
      homedir: fn([], () => homeDir),
      convert: (({ nodes: [value, type], evaluate }) =>
        convert(evaluate(value!), readType(type!, scope()))) as HclFunction,
    }),
  );
}
