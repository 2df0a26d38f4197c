// Only stops to watch.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override async cancel() {}
}

await serve(new FaultyClient());
