// Sends the token to any plain address.
import { SampleClient, serve } from "../sample/client.js";
import { uncheckedTransport } from "../sample/unchecked-transport.js";

class FaultyClient extends SampleClient {
  override async open(env: NodeJS.ProcessEnv) {
    return uncheckedTransport(env);
  }
}

await serve(new FaultyClient());
