// Watches again after every error.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override isWatchLost() {
    return true;
  }
}

await serve(new FaultyClient());
