import { envelope, envelopes, Incomplete, post, SlipwayError } from "./wire.js";

/** Flag of the envelope that ends a stream. */
const endOfStream = 0x02;

/** Calls a host with Connect and JSON (https://connectrpc.com/docs/protocol), using only fetch. */
export class Connect {
  /** @param host `{ url, token }` */
  constructor(host) {
    this.host = host;
  }

  /** The response of a unary call. `name` is, for example, "BuildService/StartBuild". */
  async call(name, message, { signal } = {}) {
    const response = await post(this.host, name, "application/json", JSON.stringify(message), signal);
    if (!response.ok) throw await readError(response);
    return response.json();
  }

  /** The messages of a server-streaming call. */
  async *stream(name, message, { signal } = {}) {
    const body = envelope(new TextEncoder().encode(JSON.stringify(message)));
    const response = await post(this.host, name, "application/connect+json", body, signal);
    if (!response.ok) throw await readError(response);
    for await (const { flags, data } of envelopes(response)) {
      const json = JSON.parse(new TextDecoder().decode(data));
      if (flags & endOfStream) {
        if (json.error) throw typed(json.error);
        return;
      }
      yield json;
    }
    throw new Incomplete("The response is incomplete.");
  }
}

async function readError(response) {
  const error = await response.json().catch(() => ({ code: `http_${response.status}` }));
  return typed(error);
}

function typed({ code, message, details = [] }) {
  const find = (type) => details.find((detail) => detail.type === type)?.debug;
  return new SlipwayError({
    message: message ?? code,
    reason: find("google.rpc.ErrorInfo")?.reason ?? code,
    remedy: find("google.rpc.Help")?.links?.[0]?.description,
  });
}
