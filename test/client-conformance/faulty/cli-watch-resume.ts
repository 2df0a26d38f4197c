// Watches from the beginning again.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override from() {
    return 0n;
  }
}

await serve(new FaultyClient());
