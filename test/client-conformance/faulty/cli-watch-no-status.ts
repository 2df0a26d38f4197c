// Goes on only after errors with the code UNAVAILABLE.
import { Code } from "@connectrpc/connect";
import { readTypedError } from "../../../src/errors/typed-error.js";
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override isWatchLost(cause: unknown) {
    return readTypedError(cause).code === Code.Unavailable;
  }
}

await serve(new FaultyClient());
