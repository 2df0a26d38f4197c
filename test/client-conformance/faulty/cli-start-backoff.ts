// Always waits for the same time.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override async pause() {
    await super.pause(0, 0);
  }
}

await serve(new FaultyClient());
