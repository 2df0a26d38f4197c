import type { DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";

/** The type of a scalar, or of an enum, as Protocol Buffers names it. */
export type ScalarName =
  | "bool"
  | "bytes"
  | "double"
  | "enum"
  | "fixed32"
  | "fixed64"
  | "float"
  | "int32"
  | "int64"
  | "sfixed32"
  | "sfixed64"
  | "sint32"
  | "sint64"
  | "string"
  | "uint32"
  | "uint64";

/** A field of a message. */
export interface Field {
  no: number;
  /** As in the types of `src/gen`. */
  name: string;
  type: ScalarName | (() => Message);
  /** A list: as many values as there are. */
  list?: true;
  /** A map: the type of its keys. */
  key?: ScalarName;
  /** Name of the oneof that the field is in. */
  oneof?: string;
  /** A scalar that can be absent. */
  optional?: true;
}

/** How a message is encoded; generated for the messages that a program uses. `Desc` has the types of its content. */
export interface Message<_Desc extends DescMessage = DescMessage> {
  /** With the package. */
  name: string;
  fields: readonly Field[];
}

/** A method of a service. */
export interface Method<Desc extends DescMethod = DescMethod> {
  /** "package.Service/Method". */
  path: string;
  kind: Desc["methodKind"];
  input: Message<Desc["input"]>;
  output: Message<Desc["output"]>;
}

/** The methods of a service, by the names that clients use. */
export type Service<Desc extends DescService> = {
  [Name in keyof Desc["method"]]: Method<Desc["method"][Name]>;
};

/** The values of an enum by their names. */
export type Enum<E> = { readonly [Name in keyof E]: E[Name] };
