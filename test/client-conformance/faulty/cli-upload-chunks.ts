// Does not know the host's limit.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override upload(folder: string) {
    delete this.offer.limits;
    return super.upload(folder);
  }
}

await serve(new FaultyClient());
