package dev.slipway.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors.CheckedForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

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
        String token = token();
        headers.put(AUTHORIZATION, "Bearer " + token);
        delegate().start(new Observed<>(listener, token), headers);
      }
    };
  }

  /** Tells the source when the host refuses the token of a call. */
  private final class Observed<A> extends SimpleForwardingClientCallListener<A> {
    private final String token;

    Observed(ClientCall.Listener<A> listener, String token) {
      super(listener);
      this.token = token;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (SlipwayException.of(status.asRuntimeException(trailers)).isRefusedToken()) tokens.refused(token);
      super.onClose(status, trailers);
    }
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
