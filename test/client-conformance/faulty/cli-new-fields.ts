// Refuses messages with unknown fields.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override async negotiate(required: string[]) {
    const offer = await super.negotiate(required);
    if (offer.$unknown?.length) throw new Error("unknown field");
    return offer;
  }
}

await serve(new FaultyClient());
