import { type Finding, parseMap } from "slipway/driver";
import { checkConstraints, checkOnlyFields } from "./check-structured.js";
import { checkLabelKey, dnsLabel, dnsName, labelValue, maxLabelLength } from "./label-syntax.js";
import { quantity } from "./quantity.js";
import { parseStructured } from "./structured.js";
import { parseTolerations } from "./tolerations.js";

type Options = Record<string, string>;

const variableName = /^[^=\0]+$/;
const quantityOptions = /^(requests|limits)\.|^persistent-volume-claim\.|^buildkit-root-volume-memory$/;

/** Checks options beyond their types. */
export function checkOptionValues(options: Options): Finding[] {
  const findings: Finding[] = [];
  const report = (name: string, problem: string, remedy = "", reason = "OPTION_INVALID") =>
    findings.push({
      reason,
      field: `options[${name}]`,
      message: `The driver option ${name} ${problem}.`,
      remedy,
    });
  const check = (name: string, validate: (value: string) => void) => {
    const value = options[name];
    if (value === undefined) return;
    try {
      validate(value);
    } catch (cause) {
      report(name, `cannot be used: ${(cause as Error).message}`);
    }
  };

  check("image", matches(/^\S+$/, "image name", 1000));
  check("namespace", matches(dnsLabel, "namespace name", maxLabelLength));
  check("serviceaccount", matches(dnsName, "service account name"));
  check("schedulername", matches(dnsName, "scheduler name"));
  check("replicas", (value) => {
    if (Number(value) < 1 || Number(value) > 1000) throw new Error("expected a number from 1 to 1000");
  });
  check("timeout", (value) => {
    if (value.startsWith("-") || value === "0s") throw new Error("expected a duration of more than 0");
  });
  check("tolerations", parseTolerations);
  check("affinity", (value) =>
    checkOnlyFields(parseStructured(value), ["nodeAffinity", "podAffinity", "podAntiAffinity"]),
  );
  check("template", (value) => checkOnlyFields(parseStructured(value), ["metadata", "spec"]));
  check("topology-spread-constraints", (value) => checkConstraints(parseStructured(value)));
  for (const name of ["nodeselector", "labels"])
    check(name, (value) => {
      for (const [key, item] of parseMap(value)) {
        checkLabelKey(key);
        if (item !== "") matches(labelValue, `value of the label ${key}`, maxLabelLength)(item);
      }
    });
  check("annotations", (value) => {
    for (const [key] of parseMap(value)) checkLabelKey(key);
  });
  for (const [name, reserved] of [
    ["labels", ["app", "app.kubernetes.io/managed-by"]],
    ["annotations", ["buildx.docker.com/platform", "slipway.dev/"]],
  ] as const)
    for (const key of reservedIn(options[name], reserved))
      report(name, `cannot set "${key}", which the driver sets`, "Leave it out.", "OPTION_RESERVED");
  for (const name of Object.keys(options))
    if (name.startsWith("env.") && !variableName.test(name.slice("env.".length)))
      report(name, "does not contain a variable name");

  for (const name of Object.keys(options).filter((option) => quantityOptions.test(option)))
    check(name, (value) => {
      if (quantity(value) <= 0) throw new Error("expected a quantity of more than 0");
    });
  for (const resource of ["cpu", "memory", "ephemeral-storage"]) {
    const [request, limit] = [options[`requests.${resource}`], options[`limits.${resource}`]];
    if (request && limit && quantity(request) > quantity(limit))
      report(
        `requests.${resource}`,
        `(${request}) is more than limits.${resource} (${limit})`,
        "Raise the limit, or lower the request.",
        "OPTION_CONFLICT",
      );
  }
  if (options["buildkit-root-volume-memory"] && options["persistent-volume-claim.requests.storage"])
    report(
      "buildkit-root-volume-memory",
      "excludes persistent-volume-claim.requests.storage",
      "Set only one of them.",
      "OPTION_CONFLICT",
    );
  return findings;
}

const matches =
  (pattern: RegExp, what: string, limit = 253) =>
  (value: string) => {
    if (!pattern.test(value) || value.length > limit) throw new Error(`"${value}" is not a valid ${what}`);
  };

/** Keys in a map that are reserved; a reserved key that ends with a slash reserves the prefix. */
function reservedIn(text: string | undefined, reserved: readonly string[]): string[] {
  try {
    return [...parseMap(text ?? "x=")].flatMap(([key]) =>
      reserved.some((one) => key === one || (one.endsWith("/") && key.startsWith(one))) ? [key] : [],
    );
  } catch {
    // An invalid map is already reported.
    return [];
  }
}
