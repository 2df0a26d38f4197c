import type { MessageInitShape } from "@bufbuild/protobuf";
import type { BuildErrorSchema } from "../gen/slipway/build/v1/build_error_pb.js";
import type { BuildProgressSchema } from "../gen/slipway/build/v1/build_progress_pb.js";
import type { BuildResultSchema } from "../gen/slipway/build/v1/build_result_pb.js";
import type { BuildSpec } from "../gen/slipway/build/v1/build_spec_pb.js";
import type { RegistryCredential } from "../gen/slipway/common/v1/credential_pb.js";
import type { DiagnosticSchema } from "../gen/slipway/common/v1/diagnostic_pb.js";
import type { NodeConfig } from "../gen/slipway/driver/v1/node_pb.js";
import type { Call } from "./call.js";

/** The files of one context. */
export interface ContextFiles {
  /** Name of the upload in the specification. */
  upload: string;
  /** A tar archive; read it to its end before the next context. */
  archive: AsyncIterable<Uint8Array>;
}

/** One build, as the host asks for it. */
export interface NativeBuild {
  /** Unique id. */
  id: string;
  config: NodeConfig;
  /** See slipway.nativebuild.v1.BuildStart. */
  spec: BuildSpec;
  /** The files of all contexts, in the order in which the host sends them. */
  contexts: AsyncIterable<ContextFiles>;
}

/** What a build sends to the host. Promises resolve when the host has taken the message, which gives back-pressure. */
export interface NativeBuildCall extends Call {
  progress(progress: MessageInitShape<typeof BuildProgressSchema>): Promise<void>;
  warn(diagnostic: MessageInitShape<typeof DiagnosticSchema>): Promise<void>;
  /** The login for a registry host. Read all contexts before. */
  credential(registry: string): Promise<RegistryCredential | undefined>;
  /** Sends one output in chunks of any size. Outputs are sent one after another. */
  output(index: number, bytes: AsyncIterable<Uint8Array>): Promise<void>;
}

/** Builds without BuildKit; the methods are those of NativeBuildService. */
export interface NativeBuilder {
  /** What is wrong with a specification; called before the build starts. */
  check(
    spec: BuildSpec,
    config: NodeConfig,
    call: Call,
  ): Promise<MessageInitShape<typeof DiagnosticSchema>[]>;
  /** Builds. Throws {@link BuildFailed} when the build fails. */
  build(build: NativeBuild, call: NativeBuildCall): Promise<MessageInitShape<typeof BuildResultSchema>>;
}

/** Thrown by a builder with the reason why the build failed; see slipway.build.v1.BuildError. */
export class BuildFailed extends Error {
  constructor(
    readonly error: MessageInitShape<typeof BuildErrorSchema> & { reason: string; message: string },
  ) {
    super(error.message);
  }
}
