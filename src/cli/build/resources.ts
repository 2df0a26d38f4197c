import { InputError } from "../../errors/input-error.js";
import { parseByteSize } from "../values/parse-byte-size.js";

/** The frontend's attribute for each resource, and the parser of its value. */
const resources: Record<string, { attribute: string; read: (value: string) => string }> = {
  memory: { attribute: "memory", read: bytes },
  "memory-swap": { attribute: "memswap", read: (value) => (value === "-1" ? value : bytes(value)) },
  "cpu-shares": { attribute: "cpushares", read: integer },
  "cpu-period": { attribute: "cpuperiod", read: integer },
  "cpu-quota": { attribute: "cpuquota", read: integer },
  "cpuset-cpus": { attribute: "cpusetcpus", read: (value) => value },
  "cpuset-mems": { attribute: "cpusetmems", read: (value) => value },
};

/** Converts `--resource key=value` to attributes of BuildKit's Dockerfile frontend. */
export function parseResources(values: readonly string[] = []): Record<string, string> {
  const entries = values.map((text): [string, string] => {
    const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const resource = resources[name.trim()];
    if (!resource) throw invalid(`unknown resource ${JSON.stringify(text)}`);
    return [resource.attribute, resource.read(value.trim())];
  });
  return Object.fromEntries(entries);
}

function bytes(value: string): string {
  return String(parseByteSize(value));
}

function integer(value: string): string {
  if (!/^\d+$/.test(value)) throw invalid(`${JSON.stringify(value)} is not a number`);
  return value;
}

function invalid(message: string): InputError {
  return new InputError({
    reason: "RESOURCE_INVALID",
    field: "--resource",
    message,
    remedy: `Write key=value, with one of these keys: ${Object.keys(resources).join(", ")}.`,
  });
}
