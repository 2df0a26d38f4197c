// Stops watching when its token has expired.
import { readTypedError } from "../../../src/errors/typed-error.js";
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override isWatchLost(cause: unknown) {
    return readTypedError(cause).reason !== "TOKEN_EXPIRED" && super.isWatchLost(cause);
  }
}

await serve(new FaultyClient());
