// Sends its whole environment.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override environment() {
    return process.env as Record<string, string>;
  }
}

await serve(new FaultyClient());
