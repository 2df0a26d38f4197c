import { InputError } from "../errors/input-error.js";
import { readByteSize } from "./byte-size.js";

/** What a value is, and its parser, which returns undefined for another one. */
interface Kind {
  what: string;
  read(value: string): string | undefined;
}

const size: Kind = { what: "a size, such as 64m or 1g", read: (value) => readByteSize(value)?.toString() };
const sizeOrNone: Kind = { ...size, read: (value) => (value === "-1" ? value : size.read(value)) };
const integer: Kind = { what: "a number", read: (value) => (/^\d+$/.test(value) ? value : undefined) };
const text: Kind = { what: "a text", read: (value) => value };

/** The frontend's attribute for each resource, and the kind of its value. */
const resources: Record<string, { attribute: string; kind: Kind }> = {
  memory: { attribute: "memory", kind: size },
  "memory-swap": { attribute: "memswap", kind: sizeOrNone },
  "cpu-shares": { attribute: "cpushares", kind: integer },
  "cpu-period": { attribute: "cpuperiod", kind: integer },
  "cpu-quota": { attribute: "cpuquota", kind: integer },
  "cpuset-cpus": { attribute: "cpusetcpus", kind: text },
  "cpuset-mems": { attribute: "cpusetmems", kind: text },
};

/**
 * Converts limits of RUN steps, `key=value`, to attributes of BuildKit's Dockerfile frontend.
 * @param field name of the flag or attribute, for errors
 */
export function parseResources(field: string, values: readonly string[] = []): Record<string, string> {
  const entries = values.map((text): [string, string] => {
    const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const resource = resources[name.trim()];
    if (!resource) throw invalid(field, `unknown resource ${JSON.stringify(text)}`);
    const read = resource.kind.read(value.trim());
    if (read === undefined) throw invalid(field, `${JSON.stringify(value)} is not ${resource.kind.what}`);
    return [resource.attribute, read];
  });
  return Object.fromEntries(entries);
}

function invalid(field: string, message: string): InputError {
  return new InputError({
    reason: "RESOURCE_INVALID",
    field,
    message,
    remedy: `Write key=value, with one of these keys: ${Object.keys(resources).join(", ")}.`,
  });
}
