// Builds without the context whose upload failed.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override upload(folder: string) {
    return super.upload(folder).catch(() => "none");
  }
}

await serve(new FaultyClient());
