import {
  create,
  createFileRegistry,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
} from "../../src/gen/grpc/reflection/v1/reflection_pb.js";

type Question = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"]>;

/** The methods of all services that a host serves, by its own account. */
export async function servedMethods(transport: Transport): Promise<DescMethod[]> {
  const { serverReflectionInfo } = createClient(ServerReflection, transport);
  const ask = async (questions: Question[]) => {
    const requests = (async function* () {
      for (const messageRequest of questions) yield { messageRequest };
    })();
    const answers = [];
    for await (const { messageResponse } of serverReflectionInfo(requests)) answers.push(messageResponse);
    return answers;
  };
  const [list] = await ask([{ case: "listServices", value: "" }]);
  if (list?.case !== "listServicesResponse") throw new Error("The host does not list its services.");
  const names = list.value.service.map(({ name }) => name);
  const files = new Map<string, FileDescriptorProto>();
  for (const answer of await ask(names.map((value) => ({ case: "fileContainingSymbol", value })))) {
    if (answer.case !== "fileDescriptorResponse") throw new Error("The host does not describe a service.");
    for (const bytes of answer.value.fileDescriptorProto) {
      const file = fromBinary(FileDescriptorProtoSchema, bytes);
      files.set(file.name, file);
    }
  }
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: importsFirst(files) }));
  return names.flatMap((name) => {
    const service = registry.getService(name);
    if (!service) throw new Error(`The host does not describe ${name}.`);
    return service.methods;
  });
}

/** Files in an order in which each follows those that it imports. */
function importsFirst(files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const ordered = new Set<FileDescriptorProto>();
  const add = (name: string) => {
    const file = files.get(name);
    if (!file || ordered.has(file)) return;
    for (const imported of file.dependency) add(imported);
    ordered.add(file);
  };
  for (const name of files.keys()) add(name);
  return [...ordered];
}
