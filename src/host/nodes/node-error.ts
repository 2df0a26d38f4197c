import { ConnectError } from "@connectrpc/connect";

/** An error of one of several nodes: the message starts with the node's name, everything else is unchanged. */
export class NodeError extends ConnectError {
  constructor(
    /** Name of the node. */
    readonly node: string,
    cause: unknown,
  ) {
    const { rawMessage, code, metadata, details } = ConnectError.from(cause);
    super(`Node ${node}: ${rawMessage}`, code, metadata, undefined, cause);
    this.details = details;
  }
}
