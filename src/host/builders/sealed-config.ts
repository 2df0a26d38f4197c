import { clone } from "@bufbuild/protobuf";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { type BuilderRecord, BuilderRecordSchema } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { Keyring, Sealed } from "../sealing/keyring.js";
import { secretFiles, secretOptions } from "./secret-values.js";

/** An encrypted option or file of a node. */
export interface SealedValue extends Sealed {
  node: string;
  field: "options" | "daemonFiles";
  /** Name of the option, or path of the file. */
  name: string;
}

/** Takes the secrets of its nodes out of a builder and encrypts them. Without a key, they stay where they are. */
export function sealBuilder(
  original: BuilderRecord,
  descriptor: DriverDescriptor | undefined,
  keyring: Keyring,
): { builder: BuilderRecord; values: SealedValue[] } {
  const builder = clone(BuilderRecordSchema, original);
  const values: SealedValue[] = [];
  for (const config of builder.nodes) {
    for (const { field, name } of secretsOf(config, descriptor)) {
      const at = { node: config.node, field, name };
      const value = keyring.seal(Buffer.from(config[field][name]!), placeOf(builder.name, at));
      if (!value) continue;
      values.push({ ...at, ...value });
      delete config[field][name];
    }
  }
  return { builder, values };
}

/** Whether a builder has secrets that are not encrypted. */
export function hasSecrets(builder: BuilderRecord, descriptor: DriverDescriptor | undefined): boolean {
  return builder.nodes.some((config) => secretsOf(config, descriptor).length > 0);
}

/** Puts decrypted values back into a builder's nodes. Returns the first value that cannot be decrypted. */
export function openBuilder(
  builder: BuilderRecord,
  values: readonly SealedValue[],
  keyring: Keyring,
): SealedValue | undefined {
  let locked: SealedValue | undefined;
  for (const value of values) {
    const config = builder.nodes.find(({ node }) => node === value.node);
    const content = config && keyring.open(value, placeOf(builder.name, value));
    if (!content) locked ??= value;
    else if (value.field === "options") config.options[value.name] = content.toString();
    else config.daemonFiles[value.name] = content;
  }
  return locked;
}

/** The names of all secrets of a node. */
function secretsOf(config: NodeConfig, descriptor: DriverDescriptor | undefined) {
  return [
    ...secretOptions(config, descriptor).map((name) => ({ field: "options" as const, name })),
    ...secretFiles(config).map((name) => ({ field: "daemonFiles" as const, name })),
  ];
}

function placeOf(builder: string, { node, field, name }: Pick<SealedValue, "node" | "field" | "name">) {
  return [builder, node, field, name];
}

/** The form in which the store keeps encrypted values. */
export function encodeValues(values: readonly SealedValue[]): string | undefined {
  if (values.length === 0) return undefined;
  return JSON.stringify(
    values.map(({ data, ...rest }) => ({ ...rest, data: Buffer.from(data).toString("base64") })),
  );
}

/** Reads what {@link encodeValues} wrote. */
export function decodeValues(text: string | undefined): SealedValue[] {
  const values: (Omit<SealedValue, "data"> & { data: string })[] = JSON.parse(text ?? "[]");
  return values.map(({ data, ...rest }) => ({ ...rest, data: Buffer.from(data, "base64") }));
}
