import type { MessageInitShape } from "@bufbuild/protobuf";
import type { FailedRun } from "../../../buildkit/failed-run.js";
import type {
  InitMessageSchema,
  NewContainerRequestSchema,
  Result,
} from "../../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import { type ExecOp, type Mount, MountType, type Op } from "../../../gen/pb/ops_pb.js";
import { parseObject } from "../../../image/documents.js";
import { isJsonObject } from "../../../util/is-json-object.js";
import type { Point } from "./program.js";
import type { Tree } from "./walk.js";

/** A container, apart from its id. */
type Container = Pick<
  MessageInitShape<typeof NewContainerRequestSchema>,
  "mounts" | "network" | "platform" | "extraHosts" | "hostname"
>;

/** Where the processes of a held build run. */
export interface HeldPlace {
  readonly container: Container;
  /** The same container before the failed step; undefined without one, or when BuildKit does not have it. */
  readonly before?: Container;
  /** What a process gets unless it has its own. */
  readonly process: Pick<MessageInitShape<typeof InitMessageSchema>, "security" | "secretenv"> & {
    readonly args: readonly string[];
    readonly env: readonly string[];
    readonly user: string;
    readonly cwd: string;
  };
}

/** The container of a step that failed. */
export function placeOfFailed({ exec, platform, before, after }: FailedRun): HeldPlace {
  return {
    container: containerOf(exec, platform, after),
    before: before.length >= exec.mounts.length ? containerOf(exec, platform, before) : undefined,
    process: processOf(exec),
  };
}

/**
 * A container with the files that there are at a point: that of a RUN step before it runs, otherwise one with the files
 * that the step changes, or those behind it. Undefined when there are none yet.
 * @param image the result that has the settings of the image
 */
export function placeAt(
  { step: { op }, done }: Pick<Point, "step" | "done">,
  trees: readonly Tree[],
  image: { result: Result; platform: string },
): HeldPlace | undefined {
  if (op.op.case === "exec" && !done) {
    const exec = op.op.value;
    const results = exec.mounts.map(({ input }) => trees[Number(input)]?.ref ?? "");
    return { container: containerOf(exec, op.platform, results), process: processOf(exec) };
  }
  const root = trees.find(({ name }) => name === "/");
  return root?.ref ? placeOfResult(root.ref, image.result, image.platform) : undefined;
}

/** @param results what each mount holds; empty for nothing */
function containerOf(
  { mounts, network, meta }: ExecOp,
  platform: Op["platform"],
  results: readonly string[],
): Container {
  return {
    mounts: mounts.map((mount, index) => mounted(mount, results[index] ?? "")),
    network,
    platform,
    extraHosts: meta?.extraHosts,
    hostname: meta?.hostname,
  };
}

function processOf({ security, secretenv, meta }: ExecOp): HeldPlace["process"] {
  const { args = [], env = [], user = "", cwd = "/" } = meta ?? {};
  return { args, env, user, cwd, security, secretenv };
}

function mounted(
  { selector, dest, readonly, mountType, cacheOpt, secretOpt, SSHOpt }: Mount,
  resultID: string,
) {
  return { selector, dest, readonly, mountType, cacheOpt, secretOpt, SSHOpt, resultID };
}

/**
 * A container with the files of a result. Throws ANSWER_MALFORMED for an image whose configuration is no JSON object.
 * @param platform as in the metadata of a result for several platforms; empty for a single one
 */
export function placeOfResult(ref: string, { metadata }: Result, platform: string): HeldPlace {
  const bytes = metadata[`containerimage.config${platform && `/${platform}`}`];
  const { config } = bytes ? parseObject(bytes, "the configuration of the image") : {};
  const { Entrypoint, Cmd, Env, User, WorkingDir } = isJsonObject(config) ? config : {};
  return {
    container: { mounts: [{ dest: "/", mountType: MountType.BIND, resultID: ref }] },
    process: {
      args: [...texts(Entrypoint), ...texts(Cmd)],
      env: texts(Env),
      user: text(User),
      cwd: text(WorkingDir) || "/",
    },
  };
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : []);
