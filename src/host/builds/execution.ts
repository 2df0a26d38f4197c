import type { ConnectError } from "@connectrpc/connect";
import type { CredentialProvider } from "../../config/credential.js";
import type { BuildResult } from "../../gen/slipway/build/v1/build_result_pb.js";
import type { BuildSpec } from "../../gen/slipway/build/v1/build_spec_pb.js";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { Log } from "../base/log.js";
import type { Meter } from "../base/meter.js";
import type { Nodes } from "../nodes/nodes.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { EventLog } from "./event-log.js";
import type { BuildHold } from "./holds/build-hold.js";
import type { ImageLoads } from "./images/image-loads.js";
import type { ImageStoreUser } from "./images/open-store.js";
import type { Inputs } from "./inputs/inputs.js";
import type { Layouts } from "./layouts.js";
import type { TargetLinks } from "./linked-targets.js";
import type { OutputStreams } from "./outputs/output-streams.js";

/** What an execution works with. All of it belongs to the build, which closes it. */
export interface ExecutionContext {
  /** Id of the build. */
  readonly id: string;
  /** Its reference in the history of the BuildKit of its first node. */
  readonly ref: string;
  /** Id of the principal whose build it is. */
  readonly owner: string;
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
  readonly loads: ImageLoads;
  readonly stores: ImageStoreUser;
  readonly nodes: Nodes;
  readonly plugins: PluginManager;
  /** Other builds of the same bake that this one is linked with. */
  readonly links?: TargetLinks;
  /** Holds the build for its client. */
  readonly hold?: BuildHold;
  /** Is told what the build transfers. */
  readonly meter?: Meter;
  readonly log: Log;
}

/** The build of one node. */
export interface StartedNode {
  /** Name of the node. */
  readonly node: string;
  /** The name of its build in the history of its BuildKit. */
  readonly ref: string;
  readonly platforms: readonly string[];
}

/** Called once, when all checks have passed. */
export type OnStart = (nodes: readonly StartedNode[], warnings: readonly Diagnostic[]) => Promise<void>;

/** How a build is carried out: through the BuildKits of its nodes, or by a plugin itself. Owns all that it opens. */
export interface Execution {
  /**
   * Checks all that can be checked before the build is accepted. For a node that is not running, some checks are deferred
   * until it has booted.
   */
  prepare(signal: AbortSignal): Promise<void>;
  /** Releases the nodes, since the build has to wait: {@link run} opens them again. Only before that. */
  rest(): Promise<void>;
  /** Boots the nodes that do not run, and builds. */
  run(onStart: OnStart, signal: AbortSignal): Promise<BuildResult>;
  /** Why {@link run} lost a node, if the build can begin again on another one. */
  readonly restartableLoss?: ConnectError | undefined;
  /** Closes everything; can be called at any time. */
  close(): Promise<void>;
}
