// Does not report the id of a call that failed.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override describe(cause: unknown) {
    const error = super.describe(cause);
    return { ...error, callId: "" };
  }
}

await serve(new FaultyClient());
