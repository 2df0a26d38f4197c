// Fails for unknown codes.
import { Code } from "@connectrpc/connect";
import type { BuildError } from "../../../src/gen/slipway/build/v1/build_error_pb.js";
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override failure(error: BuildError) {
    if (!(error.code in Code)) throw new Error("unknown code");
    return super.failure(error);
  }
}

await serve(new FaultyClient());
