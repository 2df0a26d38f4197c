// Reports an error without details as a failure of its own.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override describe(cause: unknown) {
    const error = super.describe(cause);
    return error.reason === error.code ? { ...error, code: "INTERNAL", message: "It failed." } : error;
  }
}

await serve(new FaultyClient());
