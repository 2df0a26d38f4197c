import type { Build } from "../../gen/slipway/v1/build_pb.js";

/** A unary call of a plugin. */
export interface PluginCall {
  readonly plugin: string;
  /** Name of the RPC, without its service. */
  readonly method: string;
  readonly seconds: number;
  /** Code of its error, such as "unavailable"; undefined when it succeeded. */
  readonly code?: string;
}

/** Is told what a host does, for its metrics. A host without metrics has none. */
export interface Meter {
  /** A build that had been accepted has ended. */
  buildEnded(build: Build): void;
  /** Bytes of contexts were sent to BuildKit. */
  contextSent(bytes: number): void;
  /** Bytes of outputs were received from BuildKit. */
  outputReceived(bytes: number): void;
  /** A unary call of a plugin has ended. */
  pluginCalled(call: PluginCall): void;
}
