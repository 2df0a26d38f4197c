// Reads the first page only.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override async list() {
    const { builders } = await this.builders.listBuilders({});
    return builders.map(({ name }) => name);
  }
}

await serve(new FaultyClient());
