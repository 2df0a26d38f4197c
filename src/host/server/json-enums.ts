import { gunzipSync } from "node:zlib";
import type { DescEnum, DescField, DescMessage, JsonValue } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { isJsonObject } from "../../util/is-json-object.js";
import type { NodeRequest } from "./access.js";

/**
 * Finds the name of an enum value that does not exist, in a unary request in JSON. The RPC library ignores unknown
 * fields, and with them unknown names: a filter by such a name would not filter.
 * @param bytes the message; invalid JSON has no fault of this kind
 */
export function unknownEnumName(desc: DescMessage, bytes: Uint8Array): ConnectError | undefined {
  try {
    const fault = faultIn(desc, JSON.parse(new TextDecoder().decode(bytes)), "");
    return fault && malformed(fault);
  } catch {
    return undefined;
  }
}

/** Whether a request is a unary Connect call in JSON with a body. */
export function isJsonCall({ method, headers }: NodeRequest): boolean {
  return method === "POST" && /^application\/json\b/i.test(headers["content-type"] ?? "");
}

/** The message in the query of Connect's GET; undefined when it is not in JSON, or compressed. */
export function jsonQuery(url: string): Uint8Array | undefined {
  const query = new URL(url, "http://localhost").searchParams;
  if (query.get("encoding") !== "json" || query.has("compression")) return undefined;
  return Buffer.from(query.get("message") ?? "", query.get("base64") === "1" ? "base64url" : "utf8");
}

/** The same body; it fails at its end when {@link unknownEnumName} finds a fault. */
export async function* withKnownEnums(
  body: AsyncIterable<Uint8Array>,
  desc: DescMessage,
  { headers }: NodeRequest,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    // The library refuses a larger one.
    if (size <= maxBytes) chunks.push(chunk);
    yield chunk;
  }
  const fault = unknownEnumName(
    desc,
    decompressed(Buffer.concat(chunks), headers["content-encoding"], maxBytes),
  );
  if (fault) throw fault;
}

function decompressed(bytes: Uint8Array, encoding: unknown, maxOutputLength: number): Uint8Array {
  if (encoding !== "gzip") return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength });
  } catch {
    // The library reports it.
    return new Uint8Array();
  }
}

interface Fault {
  field: string;
  name: string;
  type: DescEnum;
}

function faultIn(desc: DescMessage, json: JsonValue | undefined, path: string): Fault | undefined {
  // Protobuf's own messages have special forms in JSON.
  if (desc.typeName.startsWith("google.protobuf.") || !isJsonObject(json)) return undefined;
  for (const field of desc.fields) {
    const value = json[field.jsonName] ?? json[field.name];
    for (const [key, item] of itemsOf(field, value)) {
      const at = `${path}${path && "."}${field.name}${key}`;
      const fault = field.message
        ? faultIn(field.message, item, at)
        : field.enum && typeof item === "string" && !field.enum.values.some(({ name }) => name === item)
          ? { field: at, name: item, type: field.enum }
          : undefined;
      if (fault) return fault;
    }
  }
  return undefined;
}

/** The values of a field, each with its index or key as in a path. */
function itemsOf({ fieldKind }: DescField, value: JsonValue | undefined): [key: string, item: JsonValue][] {
  if (value === undefined) return [];
  if (fieldKind === "list")
    return Array.isArray(value) ? value.map((item, index) => [`[${index}]`, item]) : [];
  if (fieldKind === "map")
    return isJsonObject(value) ? Object.entries(value).map(([key, item]) => [`[${key}]`, item!]) : [];
  return [["", value]];
}

function malformed({ field, name, type }: Fault): ConnectError {
  const message = `${type.name} has no value ${JSON.stringify(name)}.`;
  const names = type.values.map((value) => value.name).join(", ");
  return typedError({
    code: Code.InvalidArgument,
    reason: "MESSAGE_MALFORMED",
    message,
    remedy: `Use one of ${names}.`,
    fields: [{ field, message, reason: "MESSAGE_MALFORMED" }],
  });
}
