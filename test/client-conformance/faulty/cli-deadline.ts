// Has no time limits.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override limit() {
    return {};
  }
}

await serve(new FaultyClient());
