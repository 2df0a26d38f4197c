import type { ObjectAttribute, Type } from "./convert.js";
import { evaluateNode, type Scope } from "./evaluate.js";
import { HclError } from "./hcl-error.js";
import { type Ast, bareKey } from "./parse-wasm.js";
import { fromJson } from "./value.js";

/** Reads a type constraint: "string", "list(number)", "object({a=string, b=optional(bool, true)})". Throws an {@link HclError}. */
export function readType(node: Ast, scope: Scope): Type {
  const { type, meta = {}, children } = node;
  if (type === "" && children[0]) return readType(children[0], scope);
  if (type === "scopeTraversal") {
    const name = String(meta.value);
    if (name === "string" || name === "number" || name === "bool" || name === "any") return name;
    if (["list", "set", "map", "object", "tuple"].includes(name)) {
      throw invalid(
        `The ${name} type constructor requires one argument specifying the ${name === "object" ? "attribute types" : name === "tuple" ? "element types" : "element type"}.`,
      );
    }
    throw invalid(`The keyword ${JSON.stringify(name)} is not a valid type specification.`);
  }
  if (type !== "function")
    throw invalid(
      "A type specification is either a primitive type keyword (bool, number, string) or a complex type constructor call, like list(string).",
    );
  const name = String(meta.name);
  const [argument] = children;
  if (!argument || children.length > 1) throw invalid(`The ${name} type constructor requires one argument.`);
  if (name === "list" || name === "set" || name === "map")
    return { kind: name, element: readType(argument, scope) };
  if (name === "tuple" && argument.type === "tuple")
    return { kind: "tuple", elements: argument.children.map((child) => readType(child, scope)) };
  if (name === "object" && argument.type === "object") {
    const attributes = new Map<string, ObjectAttribute>();
    for (let index = 0; index < argument.children.length; index += 2) {
      const key = argument.children[index]!;
      const attribute = key.type === bareKey ? String(key.meta!.value) : String(evaluateNode(key, scope));
      attributes.set(attribute, readAttribute(argument.children[index + 1]!, scope));
    }
    return { kind: "object", attributes };
  }
  throw invalid(`Keyword ${JSON.stringify(name)} is not a valid type constructor.`);
}

function readAttribute(node: Ast, scope: Scope): ObjectAttribute {
  if (node.type !== "function" || node.meta?.name !== "optional")
    return { type: readType(node, scope), isOptional: false };
  const [type, fallback] = node.children;
  if (!type) throw invalid("Called optional() without a type.");
  return {
    type: readType(type, scope),
    isOptional: true,
    fallback: fallback ? evaluateNode(fallback, scope) : fromJson(null),
  };
}

function invalid(detail: string): HclError {
  return new HclError("Invalid type specification", detail);
}
