// Reports one fault of each field.
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override describe(cause: unknown) {
    const error = super.describe(cause);
    return { ...error, fields: [...new Map(error.fields.map((each) => [each.field, each])).values()] };
  }
}

await serve(new FaultyClient());
