// Does not report the remedy.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override describe(cause: unknown) {
    const error = super.describe(cause);
    return { ...error, remedy: "" };
  }
}

await serve(new FaultyClient());
