import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";

/** How a message of descriptor.proto is decoded. */
interface Table {
  name: string;
  /** Default values, which a message has in its prototype. */
  defaults: object;
  /** Names of the fields that are lists. */
  lists: readonly string[];
  /** Name and type by number. */
  fields: Readonly<Record<number, readonly [name: string, kind: Kind]>>;
}

type Kind = "string" | "number" | "boolean" | (() => Table);

/** Bytes with a field that the tables do not have. */
export class UnknownField extends Error {}

/**
 * Decodes the description of a file as `fromBinary` does, without the description of descriptor.proto, which takes longer
 * to make than all that a program describes. Throws {@link UnknownField} for options that few files have.
 */
export function decodeFile(bytes: Buffer): FileDescriptorProto {
  return new Reader(bytes).message(file, bytes.length) as FileDescriptorProto;
}

type Fields = Record<string, unknown>;

class Reader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  message({ name, defaults, lists, fields }: Table, end: number): object {
    const made: Fields = Object.create(defaults);
    made.$typeName = `google.protobuf.${name}`;
    for (const list of lists) made[list] = [];
    while (this.#at < end) {
      const tag = this.#varint();
      const [field, kind] = fields[tag >>> 3] ?? [];
      if (!field || !kind || (tag & 7) !== (kind === "number" || kind === "boolean" ? 0 : 2))
        throw new UnknownField(`google.protobuf.${name} has the unknown tag ${tag}.`);
      const value = this.#value(kind);
      const list = made[field];
      if (Array.isArray(list)) list.push(value);
      else made[field] = value;
    }
    return made;
  }

  #value(kind: Kind): unknown {
    const number = this.#varint();
    if (kind === "number") return number;
    if (kind === "boolean") return number !== 0;
    const end = this.#at + number;
    if (kind !== "string") return this.message(kind(), end);
    const text = this.bytes.toString("utf8", this.#at, end);
    this.#at = end;
    return text;
  }

  /** The last 32 bits of a number, with their sign. */
  #varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.#at++]!;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
}

const range = (name: string): Table => ({
  name,
  defaults: { start: 0, end: 0 },
  lists: [],
  fields: { 1: ["start", "number"], 2: ["end", "number"] },
});

const reservedRange = range("DescriptorProto.ReservedRange");
const extensionRange = range("DescriptorProto.ExtensionRange");
const enumReservedRange = range("EnumDescriptorProto.EnumReservedRange");

const features: Table = {
  name: "FeatureSet",
  defaults: {
    fieldPresence: 0,
    enumType: 0,
    repeatedFieldEncoding: 0,
    utf8Validation: 0,
    messageEncoding: 0,
    jsonFormat: 0,
    enforceNamingStyle: 0,
    enforceProtoLimits: 0,
    defaultSymbolVisibility: 0,
  },
  lists: [],
  fields: { 1: ["fieldPresence", "number"], 4: ["utf8Validation", "number"] },
};

const fileOptions: Table = {
  name: "FileOptions",
  defaults: {
    javaPackage: "",
    javaOuterClassname: "",
    javaMultipleFiles: false,
    javaGenerateEqualsAndHash: false,
    javaStringCheckUtf8: false,
    optimizeFor: 1,
    goPackage: "",
    ccGenericServices: false,
    javaGenericServices: false,
    pyGenericServices: false,
    deprecated: false,
    ccEnableArenas: true,
    objcClassPrefix: "",
    csharpNamespace: "",
    swiftPrefix: "",
    phpClassPrefix: "",
    phpNamespace: "",
    phpMetadataNamespace: "",
    rubyPackage: "",
  },
  lists: ["uninterpretedOption"],
  fields: {
    1: ["javaPackage", "string"],
    8: ["javaOuterClassname", "string"],
    10: ["javaMultipleFiles", "boolean"],
    11: ["goPackage", "string"],
    31: ["ccEnableArenas", "boolean"],
    36: ["objcClassPrefix", "string"],
    37: ["csharpNamespace", "string"],
    50: ["features", () => features],
  },
};

const messageOptions: Table = {
  name: "MessageOptions",
  defaults: {
    messageSetWireFormat: false,
    noStandardDescriptorAccessor: false,
    deprecated: false,
    mapEntry: false,
    deprecatedLegacyJsonFieldConflicts: false,
  },
  lists: ["uninterpretedOption"],
  fields: { 3: ["deprecated", "boolean"], 7: ["mapEntry", "boolean"] },
};

const fieldOptions: Table = {
  name: "FieldOptions",
  defaults: {
    ctype: 0,
    packed: false,
    jstype: 0,
    lazy: false,
    unverifiedLazy: false,
    deprecated: false,
    weak: false,
    debugRedact: false,
    retention: 0,
  },
  lists: ["targets", "editionDefaults", "uninterpretedOption"],
  fields: {
    2: ["packed", "boolean"],
    3: ["deprecated", "boolean"],
    6: ["jstype", "number"],
    16: ["debugRedact", "boolean"],
  },
};

const methodOptions: Table = {
  name: "MethodOptions",
  defaults: { deprecated: false, idempotencyLevel: 0 },
  lists: ["uninterpretedOption"],
  fields: { 33: ["deprecated", "boolean"], 34: ["idempotencyLevel", "number"] },
};

const field: Table = {
  name: "FieldDescriptorProto",
  defaults: {
    name: "",
    number: 0,
    label: 1,
    type: 1,
    typeName: "",
    extendee: "",
    defaultValue: "",
    oneofIndex: 0,
    jsonName: "",
    proto3Optional: false,
  },
  lists: [],
  fields: {
    1: ["name", "string"],
    2: ["extendee", "string"],
    3: ["number", "number"],
    4: ["label", "number"],
    5: ["type", "number"],
    6: ["typeName", "string"],
    7: ["defaultValue", "string"],
    8: ["options", () => fieldOptions],
    9: ["oneofIndex", "number"],
    10: ["jsonName", "string"],
    17: ["proto3Optional", "boolean"],
  },
};

const oneof: Table = {
  name: "OneofDescriptorProto",
  defaults: { name: "" },
  lists: [],
  fields: { 1: ["name", "string"] },
};

const enumValue: Table = {
  name: "EnumValueDescriptorProto",
  defaults: { name: "", number: 0 },
  lists: [],
  fields: { 1: ["name", "string"], 2: ["number", "number"] },
};

const enumeration: Table = {
  name: "EnumDescriptorProto",
  defaults: { name: "", visibility: 0 },
  lists: ["value", "reservedRange", "reservedName"],
  fields: {
    1: ["name", "string"],
    2: ["value", () => enumValue],
    4: ["reservedRange", () => enumReservedRange],
    5: ["reservedName", "string"],
  },
};

const message: Table = {
  name: "DescriptorProto",
  defaults: { name: "", visibility: 0 },
  lists: [
    "field",
    "extension",
    "nestedType",
    "enumType",
    "extensionRange",
    "oneofDecl",
    "reservedRange",
    "reservedName",
  ],
  fields: {
    1: ["name", "string"],
    2: ["field", () => field],
    3: ["nestedType", () => message],
    4: ["enumType", () => enumeration],
    5: ["extensionRange", () => extensionRange],
    6: ["extension", () => field],
    7: ["options", () => messageOptions],
    8: ["oneofDecl", () => oneof],
    9: ["reservedRange", () => reservedRange],
    10: ["reservedName", "string"],
  },
};

const method: Table = {
  name: "MethodDescriptorProto",
  defaults: { name: "", inputType: "", outputType: "", clientStreaming: false, serverStreaming: false },
  lists: [],
  fields: {
    1: ["name", "string"],
    2: ["inputType", "string"],
    3: ["outputType", "string"],
    4: ["options", () => methodOptions],
    5: ["clientStreaming", "boolean"],
    6: ["serverStreaming", "boolean"],
  },
};

const service: Table = {
  name: "ServiceDescriptorProto",
  defaults: { name: "" },
  lists: ["method"],
  fields: { 1: ["name", "string"], 2: ["method", () => method] },
};

const file: Table = {
  name: "FileDescriptorProto",
  defaults: { name: "", package: "", syntax: "", edition: 0 },
  lists: [
    "dependency",
    "publicDependency",
    "weakDependency",
    "optionDependency",
    "messageType",
    "enumType",
    "service",
    "extension",
  ],
  fields: {
    1: ["name", "string"],
    2: ["package", "string"],
    4: ["messageType", () => message],
    5: ["enumType", () => enumeration],
    6: ["service", () => service],
    7: ["extension", () => field],
    8: ["options", () => fileOptions],
    12: ["syntax", "string"],
    14: ["edition", "number"],
  },
};
