import {
  create,
  createFileRegistry,
  type DescField,
  type DescFile,
  type DescMessage,
  type Message,
  toJsonString,
} from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import { BuildSpecSchema } from "../../gen/slipway/build/v1/build_spec_pb.js";
import { BuildService, StartBuildRequestSchema } from "../../gen/slipway/v1/build_pb.js";
import { BuildPolicyService } from "../../gen/slipway/v1/build_policy_pb.js";
import {
  BootstrapBuilderRequestSchema,
  BuilderService,
  DialBuilderRequestSchema,
} from "../../gen/slipway/v1/builder_pb.js";
import { DebugService, StartProcessRequestSchema } from "../../gen/slipway/v1/debug_pb.js";
import { HistoryService } from "../../gen/slipway/v1/history_pb.js";
import { HostService, NegotiateRequestSchema } from "../../gen/slipway/v1/host_pb.js";
import { ImageService } from "../../gen/slipway/v1/image_pb.js";
import { PluginService } from "../../gen/slipway/v1/plugin_pb.js";
import { UploadService } from "../../gen/slipway/v1/upload_pb.js";
import { dropEnvironment } from "./remote-request.js";

const environment = { DOCKER_HOST: "unix:///run/docker.sock" };

it("leaves data of the client as it is", () => {
  const settings = { fields: { environment: { a: "b" } } };
  const request = create(NegotiateRequestSchema, { capabilities: [{ id: "x", settings }] });
  dropEnvironment(NegotiateRequestSchema, request);
  expect(request.capabilities[0]?.settings).toEqual(settings);
});

it("drops the environment wherever it stands in a request, and nothing else", () => {
  const build = create(StartBuildRequestSchema, { requestId: "r", spec: { environment, tags: ["a"] } });
  dropEnvironment(StartBuildRequestSchema, build);
  expect(build).toEqual(create(StartBuildRequestSchema, { requestId: "r", spec: { tags: ["a"] } }));

  const change = { case: "create" as const, value: { name: "n", environment } };
  const boot = create(BootstrapBuilderRequestSchema, { name: "n", environment, change });
  dropEnvironment(BootstrapBuilderRequestSchema, boot);
  expect(boot.environment).toEqual({});
  expect(boot.change).toMatchObject({ case: "create", value: { name: "n", environment: {} } });

  const dial = create(DialBuilderRequestSchema, {
    message: { case: "target", value: { builder: "b", environment } },
  });
  dropEnvironment(DialBuilderRequestSchema, dial);
  expect(dial).toEqual(
    create(DialBuilderRequestSchema, { message: { case: "target", value: { builder: "b" } } }),
  );
});

it("leaves a process in a container its variables", () => {
  const process = create(StartProcessRequestSchema, { environment: { DEBUG: "1" } });
  dropEnvironment(StartProcessRequestSchema, process);
  expect(process.environment).toEqual({ DEBUG: "1" });
});

/** A message with a value in every field `environment`, also of the messages in it; of a oneof, the given case. */
function filled(desc: DescMessage, oneofCase: number, above: readonly DescMessage[] = []): Message {
  const message = create(desc) as Message & Record<string, unknown>;
  if (above.includes(desc)) return message;
  const inner = (field: DescField) => filled(field.message!, oneofCase, [...above, desc]);
  for (const field of desc.fields) {
    if (field.message?.typeName.startsWith("google.protobuf.")) continue;
    const value =
      field.name === "environment"
        ? { NAME: "leak" }
        : field.fieldKind === "message"
          ? inner(field)
          : field.fieldKind === "list" && field.message
            ? [inner(field)]
            : field.fieldKind === "map" && field.message
              ? { "1": inner(field) }
              : undefined;
    if (value === undefined) continue;
    const { oneof } = field;
    if (!oneof) message[field.localName] = value;
    else if (field === oneof.fields[oneofCase % oneof.fields.length])
      message[oneof.localName] = { case: field.localName, value };
  }
  return message;
}

const services = [
  BuildService,
  BuilderService,
  PluginService,
  HistoryService,
  HostService,
  BuildPolicyService,
  DebugService,
  ImageService,
  UploadService,
];
const requests = services
  .flatMap((service) => service.methods)
  .map(({ input }) => input)
  .filter(({ typeName }) => typeName !== StartProcessRequestSchema.typeName);

/** Messages in lists and maps, as a later version of the API could have in its requests. */
const later = laterMessage();

function laterMessage(): DescMessage {
  const { MESSAGE: type, INT32 } = FieldDescriptorProto_Type;
  const { OPTIONAL, REPEATED } = FieldDescriptorProto_Label;
  const typeName = ".slipway.build.v1.BuildSpec";
  const key = { name: "key", number: 1, type: INT32, label: OPTIONAL };
  const value = { name: "value", number: 2, type, label: OPTIONAL, typeName };
  const entry = { name: "MapEntry", options: { mapEntry: true }, field: [key, value] };
  const list = { name: "list", number: 1, type, label: REPEATED, typeName };
  const map = { name: "map", number: 2, type, label: REPEATED, typeName: ".Later.MapEntry" };
  const message = { name: "Later", nestedType: [entry], field: [list, map] };
  const spec = BuildSpecSchema.file.proto;
  const file = { name: "later.proto", syntax: "proto3", dependency: [spec.name], messageType: [message] };
  return createFileRegistry(
    create(FileDescriptorSetSchema, { file: [...withDependencies(BuildSpecSchema.file), file] }),
  ).getMessage("Later")!;
}

it.each([...requests, later].map((desc) => [desc.typeName, desc] as const))(
  "leaves no environment anywhere in %s",
  (_name, desc) => {
    for (let oneofCase = 0; oneofCase < 12; oneofCase++) {
      const message = filled(desc, oneofCase);
      dropEnvironment(desc, message);
      expect(toJsonString(desc, message)).not.toContain("leak");
    }
  },
);

/** A file and the files that it imports, those first. */
function withDependencies({ proto, dependencies }: DescFile): FileDescriptorProto[] {
  return [...dependencies.flatMap(withDependencies), proto];
}
