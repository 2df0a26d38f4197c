import type { SessionMethod } from "../../../buildkit/session/method.js";
import type { CredentialProvider } from "../../../config/credential.js";
import type { BuildResult } from "../../../gen/slipway/v1/build_event_pb.js";
import { allOrAbort } from "../../../util/all-or-abort.js";
import type { EventLog } from "../event-log.js";
import type { Layouts } from "../layouts.js";
import type { SinkOptions } from "../sinks.js";
import type { BuildPart } from "./build-part.js";
import type { JointPush } from "./joint-outputs.js";
import { jointResult } from "./joint-result.js";
import { JointSinks } from "./joint-sinks.js";
import { publishIndex } from "./publish-index.js";

/** What several nodes build with. */
export interface JointOptions {
  methods: readonly SessionMethod[];
  sinks: SinkOptions;
  layouts: Layouts;
  push: JointPush | undefined;
  credentials: readonly CredentialProvider[];
  events: EventLog;
}

/** Builds on several nodes at the same time, and makes one of what they made. When one fails, the others are ended. */
export async function solveJointly(
  parts: readonly BuildPart[],
  { methods, layouts, push, credentials, events, ...options }: JointOptions,
  signal: AbortSignal,
): Promise<BuildResult> {
  const sinks = new JointSinks(parts, options.sinks);
  const solved = await allOrAbort(parts, signal, async (part, either) => {
    try {
      const result = await part.solve(methods, sinks.of(part), either);
      sinks.ended(part);
      return result;
    } catch (cause) {
      sinks.destroy(cause as Error);
      throw cause;
    }
  });
  const responses = solved.map(({ exporterResponse }) => exporterResponse);
  const unpacked = await layouts.finish(responses);
  const digests = responses.map((response) => response["containerimage.digest"]!);
  const configs = parts.map(({ node }) => node.config);
  const pushed = push && (await publishIndex(digests, push, configs, credentials, events, signal));
  return jointResult(parts, solved, {
    descriptor: pushed ?? unpacked ?? sinks.descriptor,
    names: push?.targets.map(({ name }) => name),
  });
}
