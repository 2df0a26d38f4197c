// Sends contents that the host has.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override upload(folder: string) {
    const { addBlobs } = this.uploads;
    this.uploads.addBlobs = async (request, options) => {
      const answer = await addBlobs(request, options);
      return { ...answer, missingDigests: (request.entries ?? []).flatMap(({ digest }) => digest || []) };
    };
    return super.upload(folder);
  }
}

await serve(new FaultyClient());
