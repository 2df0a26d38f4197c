// Always uploads.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override async negotiate(required: string[]) {
    const offer = await super.negotiate(required);
    return { ...offer, capabilities: offer.capabilities.filter(({ id }) => id !== "paths.local") };
  }
}

await serve(new FaultyClient());
