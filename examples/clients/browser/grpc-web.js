import { createFileRegistry, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { envelope, envelopes, Incomplete, post, SlipwayError } from "./wire.js";

/** Flag of the envelope with the trailers. */
const trailers = 0x80;

/** Calls a host with gRPC-Web. Messages are binary on the wire, and protobuf JSON in this API. */
export class GrpcWeb {
  /**
   * Opens a host.
   * @param host `{ url, token }`
   * @param descriptors URL of the descriptors that `buf build` creates from the .proto files
   */
  static async open(host, descriptors) {
    const response = await fetch(descriptors);
    if (!response.ok) throw new Error(`${descriptors}: HTTP ${response.status}`);
    const files = fromBinary(FileDescriptorSetSchema, new Uint8Array(await response.arrayBuffer()));
    return new GrpcWeb(host, createFileRegistry(files));
  }

  constructor(host, registry) {
    this.host = host;
    this.registry = registry;
  }

  /** The response of a unary call. `name` is, for example, "BuildService/StartBuild". */
  async call(name, message, options) {
    let answer;
    for await (const one of this.stream(name, message, options)) answer = one;
    return answer;
  }

  /** The messages of a server-streaming call. */
  async *stream(name, message, { signal } = {}) {
    const { input, output } = this.method(name);
    const body = envelope(toBinary(input, fromJson(input, message)));
    const response = await post(this.host, name, "application/grpc-web+proto", body, signal);
    // A response without messages can have its status in the headers instead of trailers.
    if (response.headers.has("grpc-status")) this.check(response.headers);
    for await (const { flags, data } of envelopes(response)) {
      if (flags & trailers) {
        this.check(readTrailers(data));
        return;
      }
      yield toJson(output, fromBinary(output, data));
    }
    throw new Incomplete(response.ok ? "The response is incomplete." : `HTTP ${response.status}`);
  }

  method(name) {
    const [service, method] = name.split("/");
    const found = this.registry.getService(`slipway.v1.${service}`)?.methods.find((it) => it.name === method);
    if (!found) throw new Error(`The descriptors have no ${name}.`);
    return found;
  }

  /** Throws if a call has failed. */
  check(metadata) {
    const code = metadata.get("grpc-status");
    if (code === "0") return;
    const info = this.detail(metadata, "google.rpc.ErrorInfo");
    const help = this.detail(metadata, "google.rpc.Help");
    throw new SlipwayError({
      message: decodeURIComponent(metadata.get("grpc-message") ?? ""),
      reason: info?.reason ?? `grpc_${code}`,
      remedy: help?.links?.[0]?.description,
    });
  }

  /** A message in "grpc-status-details-bin", a google.rpc.Status in base64. */
  detail(metadata, type) {
    const encoded = metadata.get("grpc-status-details-bin");
    if (!encoded) return undefined;
    const status = fromBinary(this.registry.getMessage("google.rpc.Status"), Uint8Array.fromBase64(encoded));
    const any = status.details.find(({ typeUrl }) => typeUrl.endsWith(`/${type}`));
    const desc = this.registry.getMessage(type);
    return any && toJson(desc, fromBinary(desc, any.value));
  }
}

/** Parses lines "name: value", as in HTTP/1.1. */
function readTrailers(data) {
  const lines = new TextDecoder().decode(data).split("\r\n").filter(Boolean);
  return new Headers(lines.map((line) => line.split(/: ?(.*)/s, 2)));
}
