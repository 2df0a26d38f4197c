import { Code, ConnectError } from "@connectrpc/connect";
import { errorText } from "../../buildkit/error-text.js";
import type { SessionMethod } from "../../buildkit/session/method.js";
import { LeasePurpose } from "../../gen/slipway/driver/v1/driver_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { withPeriod } from "../../util/with-period.js";
import type { User } from "../access/user.js";
import type { BuilderRegistry } from "../builders/registry.js";
import { withinTimeout } from "../builders/within-timeout.js";
import { explainFailure } from "../nodes/explain-failure.js";
import { userCredentials } from "../nodes/image-credentials.js";
import { requireNodes } from "../nodes/node-configs.js";
import type { Nodes } from "../nodes/nodes.js";
import type { ReadyNode } from "../nodes/ready-node.js";
import type { BuildCaller } from "./build-caller.js";
import { newBuildId } from "./build-id.js";
import { type Gateway, withGateway } from "./gateway.js";
import type { Redaction } from "./redaction/redaction.js";

/** How long a call may take, in milliseconds, with the boot of the node. */
const callMs = 600_000;

/** What is wrong with what was asked of BuildKit, in its words or ours. The text may have secrets. */
export abstract class GatewayFailure extends Error {
  /** The error for clients, without secrets. */
  abstract typed(redaction: Redaction): ConnectError;
}

/**
 * What a refusal of BuildKit is, in its words. A lost connection, or a call that was ended, stays what it is.
 * @param explain gets BuildKit's message, as a sentence
 */
export function ofBuildkit(cause: unknown, explain: (message: string) => GatewayFailure): unknown {
  const { code, rawMessage } = ConnectError.from(cause);
  if (code === Code.Unavailable || code === Code.Canceled || code === Code.DeadlineExceeded) return cause;
  return explain(withPeriod(errorText(rawMessage)));
}

/** The first node of a builder, which answers for it. */
export interface FirstNode {
  readonly driver: string;
  readonly config: NodeConfig;
  readonly user: User;
}

/** Finds the node of a builder; NOT_FOUND, reason BUILDER_UNKNOWN. */
export async function firstNode(
  registry: BuilderRegistry,
  { builder: name, environment }: { builder: string; environment: Record<string, string> },
  { isLocal, principal }: BuildCaller,
): Promise<FirstNode> {
  const user = { environment, isLocal, principal };
  const builder = await registry.resolveToBuild(name, user);
  return { driver: builder.driver, config: requireNodes(builder)[0]!, user };
}

/** What a call is for. */
export interface GatewayCall {
  /** What BuildKit may call back for. */
  readonly methods: readonly SessionMethod[];
  /** What the node did not do in time, as a clause. */
  readonly what: string;
}

/**
 * Works through the gateway of a node's BuildKit, which is booted if necessary, in a Solve call that is not kept in
 * BuildKit's history. Rejects with the {@link GatewayFailure} of the work, or a typed error.
 */
export function throughNode<T>(
  nodes: Nodes,
  { driver, config, user }: FirstNode,
  { methods, what }: GatewayCall,
  work: (gateway: Gateway, node: ReadyNode) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const lease = { purpose: LeasePurpose.BUILD, principal: user.principal.id };
  const late = { what, remedy: "Try again, or use another builder." };
  const call = async (limit: AbortSignal) => {
    const node = await nodes.open(driver, config, {
      lease,
      credentials: userCredentials(user),
      signal: limit,
    });
    try {
      return await internalSolve(node, methods, (gateway) => work(gateway, node), limit);
    } catch (cause) {
      if (cause instanceof GatewayFailure) throw cause;
      const { plugin, lease: open } = node;
      throw await explainFailure(plugin, config, cause, { otherwise: "BUILDKIT_LOST", lost: open.lost });
    } finally {
      await node.close();
    }
  };
  return withinTimeout({ signal, timeoutMs: callMs }, call, late);
}

/** Works within a Solve call that has no outputs. */
export async function internalSolve<T>(
  { client }: Pick<ReadyNode, "client">,
  methods: readonly SessionMethod[],
  work: (gateway: Gateway) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const session = await client.openSession({ methods: [...methods], signal });
  try {
    const ref = newBuildId();
    const [solved, worked] = await Promise.allSettled([
      client.control.solve({ ref, session: session.id, cache: {}, internal: true }, { signal }),
      withGateway(client, ref, signal, work),
    ]);
    // When one fails, so does the other; what we know is more than what BuildKit makes of it.
    if (worked.status === "rejected" && worked.reason instanceof GatewayFailure) throw worked.reason;
    if (solved.status === "rejected") throw solved.reason;
    if (worked.status === "rejected") throw worked.reason;
    return worked.value;
  } finally {
    await session.close();
  }
}
