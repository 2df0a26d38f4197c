import type { MessageInitShape } from "@bufbuild/protobuf";
import type { DiagnosticSchema } from "../gen/slipway/driver/v1/diagnostic_pb.js";
import type { RegistryCredential } from "../gen/slipway/driver/v1/driver_pb.js";
import type { NodeConfig } from "../gen/slipway/driver/v1/node_pb.js";
import type {
  BuildErrorSchema,
  BuildProgressSchema,
  BuildResultSchema,
} from "../gen/slipway/v1/build_event_pb.js";
import type { BuildSpec } from "../gen/slipway/v1/build_spec_pb.js";
import type { Call } from "./call.js";

/** The files of one context. */
export interface ContextFiles {
  /** The upload that the specification names. */
  upload: string;
  /** A tar archive; read it to its end before the next context is taken. */
  archive: AsyncIterable<Uint8Array>;
}

/** One build, as the host asks for it. */
export interface NativeBuild {
  /** Unique id. */
  id: string;
  config: NodeConfig;
  /** See slipway.nativebuild.v1.BuildStart. */
  spec: BuildSpec;
  /** The files of all contexts, in the order in which they come. */
  contexts: AsyncIterable<ContextFiles>;
}

/** What a build tells and asks. Promises resolve when the host has taken it, so that a flood holds its source back. */
export interface NativeBuildCall extends Call {
  progress(progress: MessageInitShape<typeof BuildProgressSchema>): Promise<void>;
  warn(diagnostic: MessageInitShape<typeof DiagnosticSchema>): Promise<void>;
  /** The login for a registry host. All contexts must have been read before. */
  credential(registry: string): Promise<RegistryCredential | undefined>;
  /** Sends an output, whose bytes may be of any size; one after another. */
  output(index: number, bytes: AsyncIterable<Uint8Array>): Promise<void>;
}

/** Builds without BuildKit; the methods are those of NativeBuildService. */
export interface NativeBuilder {
  /** What is wrong with a specification, before anything is done for it. */
  check(
    spec: BuildSpec,
    config: NodeConfig,
    call: Call,
  ): Promise<MessageInitShape<typeof DiagnosticSchema>[]>;
  /** Builds. Throws {@link BuildFailed} when that does not succeed. */
  build(build: NativeBuild, call: NativeBuildCall): Promise<MessageInitShape<typeof BuildResultSchema>>;
}

/** Thrown by a builder: the build failed, and this is why; see slipway.v1.BuildError. */
export class BuildFailed extends Error {
  constructor(
    readonly error: MessageInitShape<typeof BuildErrorSchema> & { reason: string; message: string },
  ) {
    super(error.message);
  }
}
