// Makes a new id for each attempt.
import type { BuildSpec } from "../../../src/gen/slipway/build/v1/build_spec_pb.js";
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override async start(spec: BuildSpec): Promise<string> {
    try {
      return (await this.builds.startBuild({ requestId: this.requestId(), spec })).build!.id;
    } catch (cause) {
      if (!this.isLost(cause)) throw cause;
      return this.start(spec);
    }
  }
}

await serve(new FaultyClient());
