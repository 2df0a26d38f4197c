// Keeps the limit that gRPC libraries have by default.
import { SampleClient, serve } from "../sample/client.js";
import { uncheckedTransport } from "../sample/unchecked-transport.js";

class FaultyClient extends SampleClient {
  override async open(env: NodeJS.ProcessEnv) {
    return uncheckedTransport(env, 4 << 20);
  }
}

await serve(new FaultyClient());
