// Does not send what it requires.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override negotiate() {
    return super.negotiate([]);
  }
}

await serve(new FaultyClient());
