// Does not read SLIPWAY_CERT_PATH.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override open({ SLIPWAY_CERT_PATH: _, ...env }: NodeJS.ProcessEnv) {
    return super.open(env);
  }
}

await serve(new FaultyClient());
