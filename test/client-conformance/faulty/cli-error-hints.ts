// Does not read slipway.v1.ErrorHints.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override describe(cause: unknown) {
    const error = super.describe(cause);
    return { ...error, fields: error.fields.map((each) => ({ ...each, remedy: "" })) };
  }
}

await serve(new FaultyClient());
