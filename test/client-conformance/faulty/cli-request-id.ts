// Numbers its requests.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override requestId() {
    return "1";
  }
}

await serve(new FaultyClient());
