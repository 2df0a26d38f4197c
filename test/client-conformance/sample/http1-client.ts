import { Code, type Transport } from "@connectrpc/connect";
import { readTypedError } from "../../../src/errors/typed-error.js";
import { SampleClient } from "./client.js";

/** What a transport needs. */
export interface Http1Options {
  httpVersion: "1.1";
  baseUrl: string;
  nodeOptions: { socketPath?: string };
}

/** A client over HTTP/1.1. It trusts every address. */
export class Http1Client extends SampleClient {
  constructor(private readonly connect: (options: Http1Options) => Transport) {
    super();
  }

  override async open({ SLIPWAY_HOST = "" }: NodeJS.ProcessEnv) {
    const [, socketPath] = SLIPWAY_HOST.split("unix://");
    const baseUrl = socketPath ? "http://localhost" : SLIPWAY_HOST;
    return this.connect({ httpVersion: "1.1", baseUrl, nodeOptions: { socketPath } });
  }

  /** The library reports a connection that broke as ABORTED, and a stream without its last message as malformed. */
  override isLost(cause: unknown) {
    const { code, domain } = readTypedError(cause);
    return super.isLost(cause) || (!domain && [Code.Aborted, Code.InvalidArgument].includes(code));
  }
}
