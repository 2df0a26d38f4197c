// Reports an output that was cut off as complete.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override chunks(id: string, output: number) {
    return super.chunks(id, output).catch(() => []);
  }
}

await serve(new FaultyClient());
