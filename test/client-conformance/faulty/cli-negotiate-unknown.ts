// Refuses a host with a capability that it does not know.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override async negotiate(required: string[]) {
    const offer = await super.negotiate(required);
    const unknown = offer.capabilities.find(({ id }) => id.startsWith("conformance."));
    if (unknown) throw new Error(`unknown capability ${unknown.id}`);
    return offer;
  }
}

await serve(new FaultyClient());
