// Refuses events of an unknown kind.
import type { BuildEvent } from "../../../src/gen/slipway/v1/build_event_pb.js";
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override show(event: BuildEvent) {
    if (!event.event.case) throw new Error("unknown event");
    super.show(event);
  }
}

await serve(new FaultyClient());
