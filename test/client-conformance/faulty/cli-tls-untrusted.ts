// Trusts every certificate.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override open(env: NodeJS.ProcessEnv) {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    return super.open(env);
  }
}

await serve(new FaultyClient());
