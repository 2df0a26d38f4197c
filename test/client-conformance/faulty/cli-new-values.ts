// Refuses unknown severities.
import { Severity } from "../../../src/gen/slipway/common/v1/diagnostic_pb.js";
import type { BuildEvent } from "../../../src/gen/slipway/v1/build_event_pb.js";
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override show({ ...event }: BuildEvent) {
    if (event.event.case === "warning" && !(event.event.value.severity in Severity))
      throw new Error("unknown value");
    super.show(event);
  }
}

await serve(new FaultyClient());
