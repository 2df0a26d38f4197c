import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type BuildSpec, BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { type RestartRecord, RestartRecordSchema } from "../../../gen/slipway/state/v1/restart_record_pb.js";
import type { Build } from "../../../gen/slipway/v1/build_pb.js";
import type { Keyring } from "../../sealing/keyring.js";
import { secretFields } from "./secret-fields.js";

/** Whether the next host can run a build, if this one ends. */
export interface RestartTerms {
  /** Why it cannot, one sentence; empty if it can. */
  readonly obstacle: string;
  /** Id of the bake that the build belongs to; empty for none. */
  readonly bake: string;
  /** It, or another target of its bake, uses files of this machine. */
  readonly isBound: boolean;
}

/** A build whose obstacles are wanted. */
export interface RestartCandidate {
  readonly spec: BuildSpec;
  /** The specification without secret values. */
  readonly shown: BuildSpec;
  /** It uses the result of another target of its bake, or another one uses its result. */
  readonly isLinked: boolean;
}

/** Why the next host cannot run all of these builds, one sentence; empty if it can. */
export function obstacleTo(builds: readonly RestartCandidate[], keyring: Keyring): string {
  if (builds.some(({ isLinked }) => isLinked))
    return "Targets of a bake that use results of each other are not started again.";
  if (keyring.ids.length > 0) return "";
  const fields = new Set(builds.flatMap(({ spec, shown }) => secretFields(spec, shown)));
  if (fields.size === 0) return "";
  return `It is not started again, since the host stores no secrets without a state key: ${[...fields].join(", ")}.`;
}

/**
 * What the next host needs to run a build. With a key, the specification is encrypted, and nobody without the key can make
 * one or give it to another owner.
 */
export function restartRecord(
  build: BuildName,
  spec: BuildSpec,
  { obstacle, bake }: Pick<RestartTerms, "obstacle" | "bake">,
  keyring: Keyring,
): RestartRecord {
  const sealed = obstacle ? undefined : keyring.seal(toBinary(BuildSpecSchema, spec), placeOf(build));
  return create(RestartRecordSchema, {
    spec: obstacle || sealed ? undefined : spec,
    sealed,
    obstacle,
    bake,
  });
}

/** The specification of a build; undefined when it cannot be decrypted, or is not encrypted although there is a key. */
export function storedSpec(
  build: BuildName,
  { spec, sealed }: RestartRecord,
  keyring: Keyring,
): BuildSpec | undefined {
  if (!sealed) return keyring.ids.length > 0 ? undefined : spec;
  const bytes = keyring.open(sealed, placeOf(build));
  return bytes && fromBinary(BuildSpecSchema, new Uint8Array(bytes));
}

type BuildName = Pick<Build, "id" | "owner">;

const placeOf = ({ id, owner }: BuildName) => ["build", id, owner, "spec"];
