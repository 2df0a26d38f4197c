package dev.slipway.client;

import dev.slipway.v1.AuthServiceGrpc;
import dev.slipway.v1.ExchangeTokenRequest;
import dev.slipway.v1.ExchangeTokenResponse;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * Exchanges an ID token for a token of the host, and keeps that until a minute before it expires, or until the host
 * refuses it.
 */
final class ExchangedTokens implements TokenSource {
  private static final Duration AHEAD = Duration.ofMinutes(1);
  /** How long the host has for an exchange: other calls wait for its token. */
  private static final long EXCHANGE_SECONDS = 30;

  private final TokenSource idToken;
  private final ConnectOptions options;
  private String last = "";
  private volatile String refused = "";
  /** When the token is replaced, by both clocks: one stands still while the machine sleeps, and the other one can be set. */
  private long untilNanos;
  private Instant until = Instant.MIN;

  ExchangedTokens(TokenSource idToken, ConnectOptions options) {
    this.idToken = idToken;
    this.options = options;
  }

  /** Calls that come during an exchange wait for its token. */
  @Override
  public synchronized String token() throws Exception {
    boolean isValid = Instant.now().isBefore(until) && System.nanoTime() - untilNanos < 0;
    if (!isValid || last.equals(refused)) {
      ExchangeTokenResponse answer = exchange();
      last = answer.getAccessToken();
      Duration valid = Duration.ofSeconds(answer.getExpiresIn().getSeconds()).minus(AHEAD);
      untilNanos = System.nanoTime() + valid.toNanos();
      until = Instant.now().plus(valid);
    }
    return last;
  }

  @Override
  public void refused(String token) {
    refused = token;
  }

  private ExchangeTokenResponse exchange() throws Exception {
    HostAddress address = HostAddress.select(System.getenv(), true);
    if (address.socket() != null) {
      throw HostAddress.invalid("unix://" + address.socket(), "is a unix socket, which needs no tokens");
    }
    ExchangeTokenRequest request = ExchangeTokenRequest.newBuilder().setSubjectToken(idToken.token()).build();
    ManagedChannel channel = Channels.open(address, null);
    try {
      Channel calls = ClientInterceptors.interceptForward(channel, options.interceptors());
      return AuthServiceGrpc.newBlockingStub(calls)
          .withDeadlineAfter(EXCHANGE_SECONDS, TimeUnit.SECONDS)
          .exchangeToken(request);
    } catch (StatusRuntimeException error) {
      throw SlipwayException.of(error);
    } finally {
      channel.shutdownNow();
    }
  }
}
