// Does not report the delay before a call can succeed.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override describe(cause: unknown) {
    const error = super.describe(cause);
    return { ...error, retryAfterMs: 0 };
  }
}

await serve(new FaultyClient());
