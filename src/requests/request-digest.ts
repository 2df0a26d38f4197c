import { createHash } from "node:crypto";
import { type DescMessage, type JsonValue, type MessageShape, toJson } from "@bufbuild/protobuf";
import { type FieldMask, FieldMaskSchema } from "@bufbuild/protobuf/wkt";

/**
 * A digest of a request's content: equal for equal requests, in whatever order a client writes the entries of maps.
 * @param without names of fields that do not count
 */
export function requestDigest<Desc extends DescMessage>(
  desc: Desc,
  message: MessageShape<Desc>,
  without: readonly string[],
): string {
  // The JSON form of a field mask has no place for keys with upper case letters.
  const masks = desc.fields.filter(({ message: type }) => type?.typeName === FieldMaskSchema.typeName);
  const values = message as Record<string, unknown>;
  const unmasked = {
    ...message,
    ...Object.fromEntries(masks.map(({ localName }) => [localName, undefined])),
  };
  const json = toJson(desc, unmasked, { useProtoFieldName: true }) as Record<string, JsonValue>;
  for (const { name, localName } of masks)
    json[name] = (values[localName] as FieldMask | undefined)?.paths ?? null;
  for (const name of without) delete json[name];
  return createHash("sha256")
    .update(`${desc.typeName}\n${sorted(json)}`)
    .digest("base64url");
}

function sorted(value: JsonValue): string {
  return JSON.stringify(value, (_key, part) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
