// Does not report metadata.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override describe(cause: unknown) {
    const error = super.describe(cause);
    return { ...error, metadata: {} };
  }
}

await serve(new FaultyClient());
