// Ignores the delay that the host asks for.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override asked() {
    return 0;
  }
}

await serve(new FaultyClient());
