package dev.slipway.client;

import io.grpc.ClientInterceptor;
import java.util.List;

/**
 * Options of {@link Slipway#connect(ConnectOptions)}. They do not change; each method returns others.
 *
 * <pre>{@code
 * ConnectOptions.defaults().tokens(source).required("outputs.stream")
 * }</pre>
 */
public final class ConnectOptions {
  private final TokenSource tokens;
  private final List<ClientInterceptor> interceptors;
  private final List<String> required;

  private ConnectOptions(TokenSource tokens, List<ClientInterceptor> interceptors, List<String> required) {
    this.tokens = tokens;
    this.interceptors = interceptors;
    this.required = required;
  }

  /** The token of SLIPWAY_TOKEN_FILE, no interceptors, and no required capabilities. */
  public static ConnectOptions defaults() {
    return new ConnectOptions(null, List.of(), List.of());
  }

  /**
   * Sets the tokens of calls to a host on TCP, instead of that of SLIPWAY_TOKEN_FILE. Connecting fails with
   * HOST_ADDRESS_INVALID if they would be sent in clear text over a network.
   */
  public ConnectOptions tokens(TokenSource source) {
    return new ConnectOptions(source, interceptors, required);
  }

  /**
   * Sets interceptors of gRPC for each call, such as that of OpenTelemetry, by which calls carry the current trace. The
   * first one sees a call first.
   */
  public ConnectOptions interceptors(ClientInterceptor... each) {
    return new ConnectOptions(tokens, List.of(each), required);
  }

  /** Sets the ids of capabilities that the client requires. Connecting fails if the host lacks one. */
  public ConnectOptions required(String... capabilities) {
    return new ConnectOptions(tokens, interceptors, List.of(capabilities));
  }

  /** Null for that of the address. */
  TokenSource tokens() {
    return tokens;
  }

  List<ClientInterceptor> interceptors() {
    return interceptors;
  }

  List<String> required() {
    return required;
  }
}
