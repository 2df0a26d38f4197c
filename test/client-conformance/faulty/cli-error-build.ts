// Reports each failed build as UNKNOWN.
import type { BuildError } from "../../../src/gen/slipway/build/v1/build_error_pb.js";
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override failure(error: BuildError) {
    return super.failure({ ...error, code: 2 });
  }
}

await serve(new FaultyClient());
