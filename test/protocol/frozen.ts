import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createFileRegistry, type DescMethod, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** An older peer drops unknown fields. */
export const binaryOptions = { readUnknownFields: false, writeUnknownFields: false };

/** The descriptors of the protocols when they were frozen. */
export const fixture = join(import.meta.dirname, "../fixtures/protocol/frozen.binpb");

/** The descriptors of the last commit before the packages were split: another protocol. */
export const beforeSplit = join(import.meta.dirname, "../fixtures/protocol/before-split.binpb");

/** The services as they were frozen, by full name, from their descriptors. */
export async function frozen(file = fixture): Promise<(name: string) => DescService> {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(file)));
  return (name) => {
    const service = registry.getService(name);
    if (!service) throw new Error(`There was no ${name}.`);
    return service;
  };
}

// biome-ignore lint/suspicious/noExplicitAny: its messages are known only at run time.
export type AnyClient = Record<string, (request: any, options?: any) => any>;

/** Methods that forward every call of a service to a client with the same descriptor. */
export function forwardAll(service: DescService, client: AnyClient): AnyClient {
  return Object.fromEntries(service.methods.map((method) => [method.localName, forward(client, method)]));
}

function forward(client: AnyClient, { localName, methodKind }: DescMethod) {
  const call = client[localName]!;
  type Context = { signal: AbortSignal };
  if (methodKind === "server_streaming" || methodKind === "bidi_streaming")
    return (request: unknown, { signal }: Context) => call(request, { signal });
  return async (request: unknown, { signal }: Context) => call(request, { signal });
}
