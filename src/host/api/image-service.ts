import type { ServiceImpl } from "@connectrpc/connect";
import { InputError } from "../../errors/input-error.js";
import { invalidField } from "../../errors/typed-error.js";
import type { ImageService } from "../../gen/slipway/v1/image_pb.js";
import { callerOf, requireLocal } from "../access/caller.js";
import { credentialProviders } from "../builds/session-methods.js";
import { parseImageName } from "../images/image-name.js";
import { openImageSource } from "../images/image-source.js";
import { platformImages } from "../images/inspect-image.js";

/** slipway.v1.ImageService. */
export function imageService(): ServiceImpl<typeof ImageService> {
  return {
    async inspectImage(request, context) {
      const name = parseImageName("name", request.name);
      if (name.kind === "layout") requireLocal(context, "name");
      const isLocal = callerOf(context).transport === "unix";
      if (request.registryAuth?.dockerConfigDir) requireLocal(context, "registry_auth.docker_config_dir");
      // A docker configuration that cannot be read is not needed for public images.
      const credentials = await credentialProviders(request, { isLocal }, () => undefined);
      const source = await openImageSource(name, { isLocal, credentials }, context.signal);
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
  };
}
