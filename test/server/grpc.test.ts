import { join } from "node:path";
import { create, type DescMethod, type DescService, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import * as grpc from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.js";
import { Health } from "../../src/gen/grpc/health/v1/health_pb.js";
import { ServerReflection as ReflectionV1 } from "../../src/gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ReflectionV1Alpha } from "../../src/gen/grpc/reflection/v1alpha/reflection_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { BuilderService } from "../../src/gen/slipway/v1/builder_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { UploadService } from "../../src/gen/slipway/v1/upload_pb.js";
import { goTools } from "../lab/go-tools.js";
import { must } from "../lab/index.js";
import { startTestServer } from "./test-api.js";

/** A grpc-js client of one service: an independent implementation of gRPC. */
function grpcClient(service: DescService, target: string) {
  const definition = Object.fromEntries(
    service.methods.map((method) => [method.localName, methodDefinition(method)]),
  );
  const Client = grpc.makeGenericClientConstructor(definition, service.typeName);
  const client = new Client(target, grpc.credentials.createInsecure());
  onTestFinished(() => client.close());
  return client as grpc.Client & Record<string, (...args: never[]) => never> as never as Record<
    string,
    // biome-ignore lint/suspicious/noExplicitAny: grpc-js makes its methods at run time
    (...args: any[]) => any
  >;
}

function methodDefinition(method: DescMethod): grpc.MethodDefinition<object, object> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: (value) =>
      Buffer.from(toBinary(method.input, create(method.input, value as Record<string, unknown>))),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes),
    responseSerialize: (value) =>
      Buffer.from(toBinary(method.output, create(method.output, value as Record<string, unknown>))),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

type Callback = (error: grpc.ServiceError | null, response: unknown) => void;

const call = (work: (callback: Callback) => void) =>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  new Promise<any>((resolve, reject) =>
    work((error, response) => (error ? reject(error) : resolve(response))),
  );

async function all(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const messages = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

describe("grpc-js", () => {
  test("calls every kind of method on the unix socket", async () => {
    const { unixPath } = await startTestServer();
    const target = `unix:${unixPath}`;
    const service = grpcClient(HostService, target);
    expect(await call((done) => service.negotiate?.({ client: { name: "js" } }, done))).toMatchObject({
      host: { name: "js", version: "unix" },
    });
    const builds = grpcClient(BuildService, target);
    expect(await all(builds.watchBuild?.({ id: "n", fromSequence: 3n }))).toHaveLength(3);
    const uploads = grpcClient(UploadService, target);
    const uploaded = await call((done) => {
      const stream = uploads.uploadTar?.(done);
      for (let i = 0; i < 4; i++) stream.write({ part: { case: "data", value: new Uint8Array(500_000) } });
      stream.end();
    });
    expect(uploaded).toMatchObject({ upload: { sizeBytes: 2_000_000n } });
    const tunnel = grpcClient(BuilderService, target).dialBuilder?.();
    tunnel.write({ message: { case: "data", value: Uint8Array.of(1) } });
    tunnel.write({ message: { case: "data", value: Uint8Array.of(2) } });
    tunnel.end();
    expect(await all(tunnel)).toMatchObject([{ event: { value: { 0: 1 } } }, { event: { value: { 0: 2 } } }]);
  });

  test("reads reasons from the status details", async () => {
    const { unixPath } = await startTestServer();
    const service = grpcClient(HostService, `unix:${unixPath}`);
    const error = await call((done) => service.negotiate?.({ client: { name: "throw" } }, done)).catch(
      (e) => e,
    );
    expect(error.code).toBe(grpc.status.INTERNAL);
    const status = fromBinary(StatusSchema, error.metadata.get("grpc-status-details-bin")[0]);
    expect(status.details.map((detail) => detail.typeUrl)).toContain(
      "type.googleapis.com/google.rpc.ErrorInfo",
    );

    const large = await call((done) =>
      service.negotiate?.({ client: { name: "x".repeat(17 << 20) } }, done),
    ).catch((e) => e);
    expect(large).toMatchObject({
      code: grpc.status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining("16777216"),
    });
    const unknown = await call((done) => grpcClient(unserved, `unix:${unixPath}`).check?.({}, done)).catch(
      (e) => e,
    );
    expect(unknown.code).toBe(grpc.status.UNIMPLEMENTED);
  });

  test("sends compressed requests", async () => {
    const { unixPath } = await startTestServer();
    const client = new grpc.Client(`unix:${unixPath}`, grpc.credentials.createInsecure(), {
      "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip,
    });
    onTestFinished(() => client.close());
    const method = methodDefinition(HostService.method.negotiate);
    const response = await call((done) =>
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        { client: { name: "z".repeat(5000) } },
        done,
      ),
    );
    expect(response).toMatchObject({ host: { name: "z".repeat(5000) } });
  });

  test("checks and watches health", async () => {
    const { unixPath, server } = await startTestServer();
    const health = grpcClient(Health, `unix:${unixPath}`);
    for (const service of ["", "slipway.v1.BuildService", "grpc.health.v1.Health"]) {
      expect(await call((done) => health.check?.({ service }, done))).toMatchObject({ status: 1 });
    }
    await expect(call((done) => health.check?.({ service: "nope" }, done))).rejects.toMatchObject({
      code: grpc.status.NOT_FOUND,
    });
    const unknown = health.watch?.({ service: "nope" });
    const first = await new Promise((resolve) => unknown.once("data", resolve));
    expect(first).toMatchObject({ status: 3 });
    unknown.on("error", () => {}).cancel();

    const statuses: number[] = [];
    const watch = health.watch?.({ service: "" });
    const ended = new Promise<grpc.ServiceError>((resolve) => watch.once("error", resolve));
    watch.on("data", ({ status }: { status: number }) => {
      statuses.push(status);
      // A watch neither counts as activity nor delays shutdown.
      if (status === 1) void server.close({ graceMs: 60_000 });
    });
    expect(server.activity.held).toBe(0);
    expect(await ended).toMatchObject({ code: grpc.status.UNAVAILABLE });
    expect(statuses).toEqual([1, 2]);
  });

  test.each([ReflectionV1, ReflectionV1Alpha])("reflects what is served ($typeName)", async (service) => {
    const { unixPath } = await startTestServer();
    const stream = grpcClient(service, `unix:${unixPath}`).serverReflectionInfo?.();
    const answers = stream[Symbol.asyncIterator]();
    const ask = async (messageRequest: object) => {
      stream.write({ host: "h", messageRequest });
      return (await answers.next()).value;
    };
    const listed = await ask({ case: "listServices", value: "" });
    expect(listed.validHost).toBe("h");
    expect(listed.messageResponse.value.service.map((each: { name: string }) => each.name)).toEqual([
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "slipway.v1.BuildService",
      "slipway.v1.BuilderService",
      "slipway.v1.HostService",
      "slipway.v1.UploadService",
    ]);
    const filesOf = ({
      messageResponse,
    }: {
      messageResponse: { value: { fileDescriptorProto: Uint8Array[] } };
    }) =>
      messageResponse.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    const files = filesOf(await ask({ case: "fileContainingSymbol", value: "slipway.v1.BuildService" }));
    const names = files.map((file) => file.name);
    expect(names[0]).toBe("slipway/v1/build.proto");
    expect(names).toContain("google/protobuf/timestamp.proto");
    // Every import is included.
    for (const file of files) for (const dependency of file.dependency) expect(names).toContain(dependency);
    const again = filesOf(await ask({ case: "fileByFilename", value: "slipway/v1/build.proto" }));
    expect(again.map((file) => file.name)).toEqual(["slipway/v1/build.proto"]);
    for (const value of [
      "slipway.v1.BuildService.StartBuild",
      "slipway.v1.Build.id",
      "slipway.v1.BuildState",
    ]) {
      expect(filesOf(await ask({ case: "fileContainingSymbol", value }))).toHaveLength(1);
    }
    const missing = await ask({ case: "fileContainingSymbol", value: "slipway.v1.Nope" });
    expect(missing.messageResponse).toMatchObject({ case: "errorResponse", value: { errorCode: 5 } });
    const extensions = await ask({ case: "allExtensionNumbersOfType", value: "slipway.v1.Build" });
    expect(extensions.messageResponse.value).toMatchObject({
      baseTypeName: "slipway.v1.Build",
      extensionNumber: [],
    });
    stream.end();
  });
});

test("grpcurl lists, describes and calls", async () => {
  const bin = await goTools({
    name: "grpcurl",
    module: "github.com/fullstorydev/grpcurl",
    version: "v1.9.3",
    commands: ["github.com/fullstorydev/grpcurl/cmd/grpcurl"],
  });
  const { unixPath } = await startTestServer();
  const address = `unix://${unixPath}`;
  const grpcurl = async (...args: string[]) =>
    (await must(join(bin, "grpcurl"), ["-plaintext", ...args])).stdout;
  expect((await grpcurl(address, "list")).trim().split("\n")).toContain("slipway.v1.BuildService");
  expect(await grpcurl(address, "list", "slipway.v1.BuildService")).toContain(
    "slipway.v1.BuildService.StartBuild",
  );
  expect(await grpcurl(address, "describe", "slipway.build.v1.BuildSpec")).toContain("message BuildSpec {");
  expect(await grpcurl(address, "grpc.health.v1.Health/Check")).toContain('"SERVING"');
  const answer = await grpcurl(
    "-d",
    '{"client":{"name":"curl"}}',
    address,
    "slipway.v1.HostService/Negotiate",
  );
  expect(JSON.parse(answer)).toMatchObject({ host: { name: "curl" } });
}, 600_000);

/** A service that the host does not have. */
const unserved = {
  typeName: "slipway.v9.Health",
  methods: [{ ...Health.method.check, parent: { typeName: "slipway.v9.Health" } }],
} as unknown as DescService;
