import type { DescMessage, Message } from "@bufbuild/protobuf";
import { isFieldSet } from "@bufbuild/protobuf";
import {
  AzblobCacheSchema,
  GhaCacheSchema,
  RegistryCacheSchema,
  S3CacheSchema,
} from "../../../gen/slipway/build/v1/cache_pb.js";
import { ImageFormatSchema } from "../../../gen/slipway/build/v1/image_format_pb.js";
import { ImageOutputSchema } from "../../../gen/slipway/build/v1/output_pb.js";
import type { Problems } from "./problems.js";

/** An attribute that a field of a typed form stands for. */
export interface TypedAttribute {
  readonly name: string;
  /** Undefined when the field is not set. */
  readonly value: string | undefined;
  /** Path of the field in the specification. */
  readonly field: string;
}

/** Attributes whose names are not those of their fields with dashes. */
const names: Record<string, Record<string, string>> = {
  [ImageOutputSchema.typeName]: { names: "name", insecure: "registry.insecure" },
  [RegistryCacheSchema.typeName]: { insecure: "registry.insecure" },
  [S3CacheSchema.typeName]: { names: "name" },
  [AzblobCacheSchema.typeName]: { names: "name" },
  [ImageFormatSchema.typeName]: { oci_media_types: "oci-mediatypes" },
};
/** What separates the values of a list; by default a comma. */
const separators: Record<string, string> = {
  [S3CacheSchema.typeName]: ";",
  [AzblobCacheSchema.typeName]: ";",
};
/** Messages whose attributes have the names of their fields. */
const underscored = new Set<string>(
  [GhaCacheSchema, S3CacheSchema, AzblobCacheSchema].map(({ typeName }) => typeName),
);

/**
 * The attributes that a typed form stands for, including those of its nested messages. Adds a problem for an enum value
 * that this host does not know.
 * @param path of the message in the specification
 */
export function typedAttributes(
  problems: Problems,
  desc: DescMessage,
  message: Message,
  path: string,
): TypedAttribute[] {
  return desc.fields.flatMap((field): TypedAttribute[] => {
    const at = `${path}.${field.name}`;
    const given: unknown = isFieldSet(message, field)
      ? (message as unknown as Record<string, unknown>)[field.localName]
      : undefined;
    if (field.message) return given ? typedAttributes(problems, field.message, given as Message, at) : [];
    const name = nameOf(desc, field.name);
    if (given === undefined) return [{ name, value: undefined, field: at }];
    if (field.fieldKind === "list")
      return [{ name, value: (given as string[]).join(separators[desc.typeName] ?? ","), field: at }];
    if (!field.enum) return [{ name, value: String(given), field: at }];
    const value = field.enum.value[given as number];
    if (!value) {
      problems.add(at, "ATTRIBUTE_INVALID", `${field.enum.name} has no value ${given}.`, "Update the host.");
      return [];
    }
    return [{ name, value: value.localName.toLowerCase(), field: at }];
  });
}

function nameOf({ typeName }: DescMessage, field: string): string {
  return names[typeName]?.[field] ?? (underscored.has(typeName) ? field : field.replaceAll("_", "-"));
}
