// Does not finish uploads.
import { create } from "@bufbuild/protobuf";
import { FinishUploadResponseSchema } from "../../../src/gen/slipway/v1/upload_pb.js";
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override upload(folder: string) {
    this.uploads = {
      ...this.uploads,
      finishUpload: async () => create(FinishUploadResponseSchema, { upload: { id: "upload-1" } }),
    };
    return super.upload(folder);
  }
}

await serve(new FaultyClient());
