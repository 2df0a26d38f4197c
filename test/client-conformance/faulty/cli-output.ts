// Loses the last chunk of an output.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override async chunks(id: string, output: number) {
    return (await super.chunks(id, output)).slice(0, -1);
  }
}

await serve(new FaultyClient());
