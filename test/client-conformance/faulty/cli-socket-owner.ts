// Does not check the owner of the folder.
import { SampleClient, serve } from "../sample/client.js";
import { uncheckedTransport } from "../sample/unchecked-transport.js";

class FaultyClient extends SampleClient {
  override async open(env: NodeJS.ProcessEnv) {
    return uncheckedTransport(env);
  }
}

await serve(new FaultyClient());
