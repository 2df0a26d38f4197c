// Takes the end of the stream for the end of the build.
import { Code, ConnectError } from "@connectrpc/connect";
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override unfinished() {
    throw new ConnectError("the build has ended", Code.NotFound);
  }
}

await serve(new FaultyClient());
