import { InputError } from "../errors/input-error.js";
import { readByteSize } from "./byte-size.js";

/** The frontend's attribute for each resource, and the parser of its value. */
const resources: Record<string, { attribute: string; read: (value: string) => string | undefined }> = {
  memory: { attribute: "memory", read: bytes },
  "memory-swap": { attribute: "memswap", read: (value) => (value === "-1" ? value : bytes(value)) },
  "cpu-shares": { attribute: "cpushares", read: integer },
  "cpu-period": { attribute: "cpuperiod", read: integer },
  "cpu-quota": { attribute: "cpuquota", read: integer },
  "cpuset-cpus": { attribute: "cpusetcpus", read: (value) => value },
  "cpuset-mems": { attribute: "cpusetmems", read: (value) => value },
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
    const read = resource.read(value.trim());
    if (read === undefined) throw invalid(field, `${JSON.stringify(value)} is not a value of ${name.trim()}`);
    return [resource.attribute, read];
  });
  return Object.fromEntries(entries);
}

function bytes(value: string): string | undefined {
  return readByteSize(value)?.toString();
}

function integer(value: string): string | undefined {
  return /^\d+$/.test(value) ? value : undefined;
}

function invalid(field: string, message: string): InputError {
  return new InputError({
    reason: "RESOURCE_INVALID",
    field,
    message,
    remedy: `Write key=value, with one of these keys: ${Object.keys(resources).join(", ")}.`,
  });
}
