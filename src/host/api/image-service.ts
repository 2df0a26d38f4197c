import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { InputError } from "../../errors/input-error.js";
import { invalidField } from "../../errors/typed-error.js";
import type { RegistryAuth } from "../../gen/slipway/build/v1/build_spec_pb.js";
import type { CreateImageResponseSchema, ImageService } from "../../gen/slipway/v1/image_pb.js";
import { Channel } from "../../util/channel.js";
import { callerOf, requireLocal } from "../access/caller.js";
import type { EventLog } from "../builds/event-log.js";
import { credentialProviders } from "../builds/session-methods.js";
import { createImage, planImage } from "../images/create-image.js";
import { parseImageName } from "../images/image-name.js";
import { type ImageCaller, openImageSource } from "../images/image-source.js";
import { platformImages } from "../images/inspect-image.js";
import { endUnread } from "./end-unread.js";

/** slipway.v1.ImageService. */
export function imageService(): ServiceImpl<typeof ImageService> {
  return {
    async inspectImage(request, context) {
      const name = parseImageName("name", request.name);
      if (name.kind === "layout") requireLocal(context, "name");
      const source = await openImageSource(name, await imageCaller(request, context), context.signal);
      try {
        const manifest = await source.named();
        const { withAttestations } = request;
        const withImages = request.withImages || withAttestations;
        const images = withImages ? await platformImages(manifest, source, { withAttestations }) : [];
        const { mediaType, digest, bytes } = manifest;
        return { name: name.full, mediaType, digest, manifest: bytes, images };
      } catch (cause) {
        // An OCI layout is named by this field only.
        if (cause instanceof InputError)
          throw invalidField("name", cause.reason, cause.message, cause.remedy);
        throw cause;
      } finally {
        await source.close();
      }
    },

    async *createImage(request, context) {
      const plan = planImage(request);
      for (const [index, { name }] of plan.sources.entries())
        if (name.kind === "layout") requireLocal(context, `sources[${index}].name`);
      for (const [index, name] of plan.names.entries())
        if (name.kind === "layout") requireLocal(context, `names[${index}]`);
      const caller = await imageCaller(request, context);
      const events = new Channel<MessageInitShape<typeof CreateImageResponseSchema>>();
      const log = {
        append: async ({ case: what, value }: Parameters<EventLog["append"]>[0]) => {
          if (what === "progress") await events.send({ event: { case: "progress", value } });
        },
      };
      const { dryRun } = request;
      const done = createImage(plan, { dryRun, caller, events: log }, context.signal)
        .then((value) => events.send({ event: { case: "image", value } }))
        .then(
          () => events.close(),
          (cause) => events.fail(cause),
        );
      try {
        yield* endUnread(events[Symbol.asyncIterator]());
      } finally {
        await done;
      }
    },
  };
}

async function imageCaller(
  request: { registryAuth?: RegistryAuth; environment: Record<string, string> },
  context: HandlerContext,
): Promise<ImageCaller> {
  const isLocal = callerOf(context).transport === "unix";
  if (request.registryAuth?.dockerConfigDir) requireLocal(context, "registry_auth.docker_config_dir");
  // A docker configuration that cannot be read is not needed for public images.
  return { isLocal, credentials: await credentialProviders(request, { isLocal }, () => undefined) };
}
