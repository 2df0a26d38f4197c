import { create } from "@bufbuild/protobuf";
import { Code, type Interceptor } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { AllowedAddressesSchema, type NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { ownMachine, resolveHost } from "../base/own-machine.js";

/**
 * Tells a plugin, in each call with a node whose endpoint a client on another machine gave, to which addresses it may
 * connect: those that the endpoint's host name has now. So a name that resolved to another machine when the node was
 * checked, and to the host's own machine later, leads nowhere. PERMISSION_DENIED, reason LOCAL_ONLY, when the name
 * resolves to the host's own machine.
 */
export const checkAddresses: Interceptor = (next) => async (request) =>
  request.stream
    ? next({ ...request, message: allChecked(request.message) })
    : next({ ...request, message: await checked(request.message) });

async function* allChecked<M extends object>(messages: AsyncIterable<M>): AsyncGenerator<M> {
  for await (const message of messages) yield await checked(message);
}

/** A request with the addresses of the node in it. The request itself stays as it is: its node is stored. */
async function checked<M extends object>(message: M): Promise<M> {
  const { config, message: part } = message as Partial<NodeRequest>;
  if (part?.case === "start") return { ...message, message: { ...part, value: await checked(part.value!) } };
  if (!config?.allowedAddresses) return message;
  const { addresses, isOwn } = await resolveHost(hostOf(config));
  if (isOwn) throw refused(config);
  return {
    ...message,
    config: { ...config, allowedAddresses: create(AllowedAddressesSchema, { addresses }) },
  };
}

/** What requests of a driver with a node look like: they have its configuration, or their first part has it. */
interface NodeRequest {
  config?: NodeConfig;
  message?: { case?: string; value?: object };
}

function hostOf({ endpoint }: NodeConfig): string {
  return URL.canParse(endpoint) ? new URL(endpoint).hostname : "";
}

function refused({ node, endpoint }: NodeConfig) {
  return typedError({
    code: Code.PermissionDenied,
    reason: "LOCAL_ONLY",
    message: `A client on another machine gave node ${node} the endpoint ${endpoint}, which cannot be used now. ${ownMachine}`,
    remedy:
      "Have the name resolve to another machine; or remove the builder with force, and create it over the host's unix socket.",
  });
}
