// Repeats every call that failed.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override isLost() {
    return true;
  }
}

await serve(new FaultyClient());
