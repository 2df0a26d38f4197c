import { createRegistry, type DescFile, type DescService, type Registry, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectRouter, type ServiceImpl } from "@connectrpc/connect";
import {
  type ServerReflectionRequest,
  ServerReflection as V1,
} from "../../gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as V1Alpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.js";

/** The two versions of gRPC server reflection; they differ only in their package. */
export const reflectionServices: readonly DescService[] = [V1, V1Alpha];

type AlphaReflection = ServiceImpl<typeof V1Alpha>["serverReflectionInfo"];

/** Serves both versions of reflection for the given services and everything that their files import. */
export function serveReflection(router: ConnectRouter, services: readonly DescService[]): void {
  const reflect = reflection(services);
  router.service(V1, { serverReflectionInfo: reflect });
  router.service(V1Alpha, { serverReflectionInfo: reflect as unknown as AlphaReflection });
}

/** Implements reflection for the given services, with the messages of version 1. */
function reflection(services: readonly DescService[]): ServiceImpl<typeof V1>["serverReflectionInfo"] {
  const files = new Map<string, DescFile>();
  for (const service of services) collect(service.file, files);
  const registry = createRegistry(...files.values());
  return async function* (requests) {
    // Each file is sent once per stream, with the files that it imports.
    const sent = new Set<string>();
    for await (const request of requests) {
      const messageResponse = answer(request, services, files, registry, sent);
      yield { validHost: request.host, originalRequest: request, messageResponse };
    }
  };
}

function answer(
  { messageRequest: asked }: ServerReflectionRequest,
  services: readonly DescService[],
  files: ReadonlyMap<string, DescFile>,
  registry: Registry,
  sent: Set<string>,
) {
  switch (asked.case) {
    case "listServices": {
      const service = services
        .map(({ typeName: name }) => ({ name }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      return { case: "listServicesResponse" as const, value: { service } };
    }
    case "fileByFilename":
      return withImports(files.get(asked.value), asked.value, sent);
    case "fileContainingSymbol":
      return withImports(fileOf(asked.value, registry), asked.value, sent);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = asked.value;
      const extendee = registry.getMessage(containingType);
      const extension = extendee && registry.getExtensionFor(extendee, extensionNumber);
      return withImports(extension?.file, `extension ${extensionNumber} of ${containingType}`, sent);
    }
    case "allExtensionNumbersOfType": {
      if (!registry.getMessage(asked.value)) return notFound(asked.value);
      const extensionNumber = [...registry]
        .filter((type) => type.kind === "extension")
        .filter((extension) => extension.extendee.typeName === asked.value)
        .map((extension) => extension.number);
      return {
        case: "allExtensionNumbersResponse" as const,
        value: { baseTypeName: asked.value, extensionNumber },
      };
    }
    default:
      return failed(Code.InvalidArgument, "This version of reflection does not know the request.");
  }
}

/** The file of a type, or of a method or field of a type. */
function fileOf(symbol: string, registry: Registry): DescFile | undefined {
  const type = registry.get(symbol);
  if (type) return type.file;
  const dot = symbol.lastIndexOf(".");
  const parent = dot > 0 ? registry.get(symbol.slice(0, dot)) : undefined;
  const name = symbol.slice(dot + 1);
  switch (parent?.kind) {
    case "service":
      return parent.methods.some((method) => method.name === name) ? parent.file : undefined;
    case "message":
      return parent.members.some((member) => member.name === name) ? parent.file : undefined;
    default:
      return undefined;
  }
}

function withImports(file: DescFile | undefined, what: string, sent: Set<string>) {
  if (!file) return notFound(what);
  const needed = collect(file, new Map());
  // A requested file is always sent; its imports only once.
  const fresh = [...needed.values()].filter((each) => each === file || !sent.has(each.name));
  for (const each of fresh) sent.add(each.name);
  const fileDescriptorProto = fresh.map((each) => toBinary(FileDescriptorProtoSchema, each.proto));
  return { case: "fileDescriptorResponse" as const, value: { fileDescriptorProto } };
}

/** Collects a file and its imports by import name, the file itself first. */
function collect(file: DescFile, files: Map<string, DescFile>): Map<string, DescFile> {
  if (files.has(file.proto.name)) return files;
  files.set(file.proto.name, file);
  for (const dependency of file.dependencies) collect(dependency, files);
  return files;
}

const notFound = (what: string) => failed(Code.NotFound, `The host does not know ${what}.`);

function failed(errorCode: Code, errorMessage: string) {
  return { case: "errorResponse" as const, value: { errorCode, errorMessage } };
}
