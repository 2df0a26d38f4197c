import type { CredentialProvider } from "../../config/credential.js";
import type { Diagnostic } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuildResult } from "../../gen/slipway/v1/build_event_pb.js";
import type { BuildSpec } from "../../gen/slipway/v1/build_spec_pb.js";
import type { EventLog } from "./event-log.js";
import type { ImageStores } from "./image-stores.js";
import type { Inputs } from "./inputs.js";
import type { Layouts } from "./layouts.js";
import type { OutputStreams } from "./outputs/output-streams.js";

/** What one node does of a build. */
export interface BegunPart {
  /** Name of the node. */
  node: string;
  /** Reference of the part; its name in the history of the node's BuildKit. */
  ref: string;
  platforms: readonly string[];
}

/** What an execution works with. All of it belongs to the build, which closes it. */
export interface ExecutionContext {
  /** Id of the build. */
  readonly id: string;
  /** Name of the builder's driver. */
  readonly driver: string;
  readonly spec: BuildSpec;
  readonly inputs: Inputs;
  readonly layouts: Layouts;
  /** The builder's nodes, in order. */
  readonly configs: readonly NodeConfig[];
  /** Where registry logins come from. */
  readonly credentials: readonly CredentialProvider[];
  readonly events: EventLog;
  readonly streams: OutputStreams;
  readonly images: ImageStores;
}

/** How a build is carried out: through the BuildKits of its nodes, or by a plugin itself. Owns all that it opens. */
export interface Execution {
  /**
   * Checks all that can be checked before the build is accepted. On a node that does not run yet that is less; the
   * rest is checked when it has been booted.
   */
  prepare(signal: AbortSignal): Promise<void>;
  /**
   * Boots what does not run, and builds.
   * @param begin called once, when nothing stands in the way any more
   */
  run(
    begin: (parts: readonly BegunPart[], warnings: readonly Diagnostic[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<BuildResult>;
  /** The error to show for the one that {@link run} ended with: the same, unless more is known. */
  explain(cause: unknown): unknown;
  /** Closes everything; can be called at any time. */
  close(): Promise<void>;
}
