package dev.slipway.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors.CheckedForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;

/**
 * Sends a token with each call.
 *
 * @param tokens where the tokens are from
 */
record SendTokens(TokenSource tokens) implements ClientInterceptor {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    return new CheckedForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      protected void checkedStart(Listener<A> listener, Metadata headers) {
        headers.put(AUTHORIZATION, "Bearer " + token());
        delegate().start(listener, headers);
      }
    };
  }

  private String token() {
    try {
      return tokens.token();
    } catch (SlipwayException own) {
      throw own;
    } catch (Exception failed) {
      if (failed instanceof InterruptedException) Thread.currentThread().interrupt();
      throw SlipwayException.tokenSourceFailed(failed);
    }
  }
}
