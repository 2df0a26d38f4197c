// Checks the folder at the start only.
import { SampleClient, serve } from "../sample/client.js";
import { uncheckedTransport } from "../sample/unchecked-transport.js";

class FaultyClient extends SampleClient {
  override async open(env: NodeJS.ProcessEnv) {
    await super.open(env);
    return uncheckedTransport(env);
  }
}

await serve(new FaultyClient());
