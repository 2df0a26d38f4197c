// Always waits for the same time, which is long enough for a busy machine.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override async pause() {
    await super.pause(0, 1000);
  }
}

await serve(new FaultyClient());
