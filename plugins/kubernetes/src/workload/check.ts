import { type Finding, parseMap } from "slipway/driver";
import { quantity } from "./quantity.js";
import { isObject, parseStructured } from "./structured.js";
import { parseTolerations } from "./tolerations.js";

/** Longest value of a label. */
const maxLabel = 63;
/** A StatefulSet's pods have a label with its name and a hash. */
const maxStatefulSetName = maxLabel - 11;

/** Of the 1 MiB that a Secret may have some is for its names. */
const maxFilesBytes = 1000 << 10;

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const dnsName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelName = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const variableName = /^[^=\0]+$/;

type Options = Record<string, string>;

/** What is wrong with the name that everything gets. */
export function checkName(name: string, options: Options): Finding[] {
  const limit = options["persistent-volume-claim.requests.storage"] ? maxStatefulSetName : maxLabel;
  if (name.length > limit)
    return [
      {
        reason: "NODE_NAME_TOO_LONG",
        field: "node",
        message: `the name "${name}" has ${name.length} characters; a label in Kubernetes leaves room for ${limit}`,
        remedy: "Give the node a shorter name with --node.",
      },
    ];
  if (dnsLabel.test(name)) return [];
  return [
    {
      reason: "NODE_NAME_INVALID",
      field: "node",
      message: `"${name}" is no name in Kubernetes: it takes lower case letters, digits and dashes, the first and last no dash`,
      remedy: "Give the node another name with --node.",
    },
  ];
}

/** What is wrong with options beyond their types. */
export function checkOptionValues(options: Options): Finding[] {
  const findings: Finding[] = [];
  const report = (name: string, message: string, remedy = "", reason = "OPTION_INVALID") =>
    findings.push({ reason, field: `options[${name}]`, message: `the option ${name} ${message}`, remedy });
  const check = (name: string, work: (value: string) => void) => {
    const value = options[name];
    if (value === undefined) return;
    try {
      work(value);
    } catch (cause) {
      report(name, `cannot be used: ${(cause as Error).message}`);
    }
  };
  const matches =
    (pattern: RegExp, what: string, limit = 253) =>
    (value: string) => {
      if (!pattern.test(value) || value.length > limit) throw new Error(`"${value}" is no ${what}`);
    };

  check("image", matches(/^\S+$/, "image name", 1000));
  check("namespace", matches(dnsLabel, "namespace", maxLabel));
  check("serviceaccount", matches(dnsName, "name of a service account"));
  check("schedulername", matches(dnsName, "name of a scheduler"));
  check("replicas", (value) => {
    if (Number(value) < 1 || Number(value) > 1000) throw new Error("expected a number from 1 to 1000");
  });
  check("timeout", (value) => {
    if (value.startsWith("-") || value === "0s") throw new Error("it must be longer than nothing");
  });
  check("tolerations", parseTolerations);
  check("affinity", (value) =>
    onlyFields(parseStructured(value), ["nodeAffinity", "podAffinity", "podAntiAffinity"]),
  );
  check("template", (value) => onlyFields(parseStructured(value), ["metadata", "spec"]));
  check("topology-spread-constraints", checkConstraints);
  for (const [name, limit] of [
    ["nodeselector", maxLabel] as const,
    ["labels", maxLabel] as const,
    ["annotations", 256 << 10] as const,
  ])
    check(name, (value) => {
      for (const [key, item] of parseMap(value)) {
        checkKey(key);
        if (name !== "annotations" && item !== "")
          matches(labelName, `value of a label (${key})`, limit)(item);
      }
    });
  for (const key of reservedIn(options.labels, ["app", "app.kubernetes.io/managed-by"]))
    report(
      "labels",
      `may not set "${key}", by which the driver finds what it made`,
      "Leave it out.",
      "OPTION_RESERVED",
    );
  for (const key of reservedIn(options.annotations, ["buildx.docker.com/platform", "slipway.dev/"]))
    report(
      "annotations",
      `may not set "${key}", which the driver sets itself`,
      "Leave it out.",
      "OPTION_RESERVED",
    );
  for (const name of Object.keys(options))
    if (name.startsWith("env.") && !variableName.test(name.slice("env.".length)))
      report(name, "has no name of a variable");

  for (const name of Object.keys(options).filter((option) => quantityOptions.test(option)))
    check(name, (value) => {
      if (quantity(value) <= 0) throw new Error("it must be more than nothing");
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
      "and persistent-volume-claim.requests.storage both say where the state is",
      "Give only one of the two.",
      "OPTION_CONFLICT",
    );
  return findings;
}

/** What is wrong with the size of the daemon's files. */
export function checkFileSizes(files: Record<string, Uint8Array>): Finding[] {
  const total = Object.values(files).reduce((sum, file) => sum + file.length, 0);
  if (total <= maxFilesBytes) return [];
  return [
    {
      reason: "DAEMON_FILES_TOO_LARGE",
      field: "daemon_files",
      message: `the daemon's files have ${total} bytes in all; Kubernetes takes 1 MiB in one Secret`,
      remedy: "Leave out certificates that are not needed.",
    },
  ];
}

const quantityOptions = /^(requests|limits)\.|^persistent-volume-claim\.|^buildkit-root-volume-memory$/;

function onlyFields(value: unknown, fields: string[]): void {
  if (!isObject(value)) throw new Error("expected an object");
  for (const field of Object.keys(value))
    if (!fields.includes(field)) throw new Error(`it has no field "${field}", only ${fields.join(", ")}`);
}

function checkConstraints(text: string): void {
  const list = parseStructured(text);
  if (!Array.isArray(list)) throw new Error("expected a list");
  for (const [index, constraint] of list.entries()) {
    const at = `constraint ${index + 1}`;
    if (!isObject(constraint)) throw new Error(`${at} is no object`);
    if (!Number.isInteger(constraint.maxSkew) || (constraint.maxSkew as number) < 1)
      throw new Error(`${at}: maxSkew must be a whole number from 1 on`);
    if (typeof constraint.topologyKey !== "string" || !constraint.topologyKey)
      throw new Error(`${at}: topologyKey is missing`);
    if (!["DoNotSchedule", "ScheduleAnyway"].includes(constraint.whenUnsatisfiable as string))
      throw new Error(`${at}: whenUnsatisfiable must be DoNotSchedule or ScheduleAnyway`);
  }
}

function checkKey(key: string): void {
  const [name = "", prefix] = key.split("/").reverse();
  const known = key.split("/").length <= 2 && labelName.test(name) && name.length <= maxLabel;
  if (!known || (prefix !== undefined && !dnsName.test(prefix)))
    throw new Error(`"${key}" is no key of a label`);
}

function reservedIn(text: string | undefined, reserved: string[]): string[] {
  try {
    return [...parseMap(text ?? "x=")].flatMap(([key]) =>
      reserved.some((one) => key === one || (one.endsWith("/") && key.startsWith(one))) ? [key] : [],
    );
  } catch {
    // What cannot be read is reported as such.
    return [];
  }
}
