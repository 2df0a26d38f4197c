import type { V1Toleration } from "@kubernetes/client-node";

const operators = ["Exists", "Equal"];
const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** Reads `key=…,operator=…,value=…,effect=…,tolerationSeconds=…;…`. Throws an Error with a clause. */
export function parseTolerations(text: string): V1Toleration[] {
  return text
    .split(";")
    .filter((part) => part.trim() !== "")
    .map((part, index) => {
      try {
        return parseToleration(part);
      } catch (cause) {
        throw new Error(`toleration ${index + 1} ("${part.trim()}"): ${(cause as Error).message}`);
      }
    });
}

function parseToleration(text: string): V1Toleration {
  const toleration: V1Toleration = {};
  for (const field of text.split(",")) {
    const at = field.indexOf("=");
    const name = field.slice(0, at < 0 ? undefined : at).trim();
    const value = at < 0 ? "" : field.slice(at + 1).trim();
    switch (name) {
      case "key":
      case "value":
        toleration[name] = value;
        break;
      case "operator":
        toleration.operator = oneOf(operators, name, value);
        break;
      case "effect":
        toleration.effect = oneOf(effects, name, value);
        break;
      case "tolerationSeconds":
        if (!/^-?\d+$/.test(value)) throw new Error("tolerationSeconds must be an integer");
        toleration.tolerationSeconds = Number(value);
        break;
      default:
        throw new Error(`it has no field "${name}", only key, operator, value, effect and tolerationSeconds`);
    }
  }
  if (toleration.operator === "Exists" && toleration.value)
    throw new Error("the operator Exists does not take a value");
  if (!toleration.key && toleration.operator !== "Exists")
    throw new Error("without a key the operator must be Exists, which tolerates everything");
  if (toleration.tolerationSeconds !== undefined && toleration.effect !== "NoExecute")
    throw new Error("tolerationSeconds needs the effect NoExecute");
  return toleration;
}

function oneOf(allowed: string[], name: string, value: string): string {
  if (allowed.includes(value)) return value;
  throw new Error(`${name} must be one of ${allowed.join(", ")}`);
}
