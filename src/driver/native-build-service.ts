import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { BuildErrorSchema } from "../gen/slipway/build/v1/build_error_pb.js";
import type { BuildResultSchema } from "../gen/slipway/build/v1/build_result_pb.js";
import type {
  BuildRequest,
  BuildResponseSchema,
  NativeBuildService,
} from "../gen/slipway/nativebuild/v1/native_build_pb.js";
import { capabilityIds } from "../plugin-protocol/capabilities.js";
import { Channel } from "../util/channel.js";
import { chunks } from "../util/chunks.js";
import { requireAnyImplemented, requireImplemented } from "./capabilities.js";
import { requestError } from "./driver-error.js";
import type { DriverTable } from "./driver-table.js";
import { streaming, unary } from "./handler.js";
import { BuildFailed, type NativeBuildCall } from "./native-build.js";
import { NativeRequests } from "./native-requests.js";

type Response = MessageInitShape<typeof BuildResponseSchema>;
type Message = NonNullable<Response["message"]>;

/** Most bytes of an output in one message. */
const maxChunkBytes = 256 << 10;

/** NativeBuildService of a plugin's drivers. */
export function nativeBuildService(table: DriverTable): ServiceImpl<typeof NativeBuildService> {
  const find = (request: Parameters<DriverTable["node"]>[0], call: string) => {
    const driver = table.get(request.driver);
    requireImplemented(table.descriptor(driver), capabilityIds.nativeBuild, call);
    return { builder: driver.nativeBuilder!, config: table.node(request).config };
  };

  return {
    checkBuild: unary(async (request, { signal }) => {
      const { builder, config } = find(request, "CheckBuild");
      if (!request.spec) throw specMissing();
      return { diagnostics: await builder.check(request.spec, config, { signal }) };
    }),

    build: streaming(async function* (messages: AsyncIterable<BuildRequest>, { signal }) {
      requireAnyImplemented(table.descriptors(), capabilityIds.nativeBuild, "Build");
      const requests = new NativeRequests(messages);
      const start = await requests.start();
      const { builder, config } = find(start, "Build");
      const { id, spec } = start;
      if (!spec) throw specMissing();
      const answers = new Channel<Message>();
      const call = nativeCall(answers, requests, signal);
      // A reader that left does not ask for more messages.
      signal.addEventListener("abort", () => answers.fail(signal.reason));
      const contexts = requests.contexts(spec);
      lastMessage(builder.build({ id, config, spec, contexts }, call)).then(
        (last) => {
          void answers.send(last);
          answers.close();
        },
        (error) => answers.fail(error),
      );
      for await (const message of answers) yield { message };
    }),
  };
}

async function lastMessage(building: Promise<MessageInitShape<typeof BuildResultSchema>>): Promise<Message> {
  try {
    return { case: "result", value: await building };
  } catch (cause) {
    if (cause instanceof BuildFailed) return { case: "error", value: create(BuildErrorSchema, cause.error) };
    throw cause;
  }
}

function nativeCall(
  messages: Channel<Message>,
  requests: NativeRequests,
  signal: AbortSignal,
): NativeBuildCall {
  return {
    signal,
    progress: (value) => messages.send({ case: "progress", value }),
    warn: (value) => messages.send({ case: "warning", value }),
    async credential(registry) {
      await messages.send({ case: "credential", value: { registry } });
      return requests.credential(registry);
    },
    async output(output, bytes) {
      for await (const chunk of bytes) {
        for (const data of chunks(chunk, maxChunkBytes)) {
          await messages.send({ case: "output", value: { output, data } });
        }
      }
      await messages.send({ case: "output", value: { output, last: true } });
    },
  };
}

function specMissing() {
  return requestError("spec", "SPEC_MISSING", "The build specification is missing.");
}
