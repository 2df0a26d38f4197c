// Gives up when the host is stopping.
import { readTypedError } from "../../../src/errors/typed-error.js";
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override isLost(cause: unknown) {
    return readTypedError(cause).reason !== "HOST_STOPPING" && super.isLost(cause);
  }
}

await serve(new FaultyClient());
