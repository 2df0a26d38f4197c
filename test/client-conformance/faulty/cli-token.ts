// Sends no token.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override open({ SLIPWAY_TOKEN_FILE: _, ...env }: NodeJS.ProcessEnv) {
    return super.open(env);
  }
}

await serve(new FaultyClient());
