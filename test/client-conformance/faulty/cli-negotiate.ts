// Lists builders before it negotiates.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override async negotiate(required: string[]) {
    await this.list({});
    return super.negotiate(required);
  }
}

await serve(new FaultyClient());
