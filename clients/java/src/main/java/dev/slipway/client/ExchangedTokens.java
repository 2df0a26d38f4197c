package dev.slipway.client;

import dev.slipway.v1.AuthServiceGrpc;
import dev.slipway.v1.ExchangeTokenRequest;
import dev.slipway.v1.ExchangeTokenResponse;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;

/** Exchanges an ID token for a token of the host, and keeps that until a minute before it expires. */
final class ExchangedTokens implements TokenSource {
  private static final Duration AHEAD = Duration.ofMinutes(1);

  private final TokenSource idToken;
  private String last = "";
  /** When the token is replaced, by {@link System#nanoTime}. */
  private long until = System.nanoTime();

  ExchangedTokens(TokenSource idToken) {
    this.idToken = idToken;
  }

  /** Calls that come during an exchange wait for its token. */
  @Override
  public synchronized String token() throws Exception {
    if (System.nanoTime() - until >= 0) {
      ExchangeTokenResponse answer = exchange();
      last = answer.getAccessToken();
      Duration valid = Duration.ofSeconds(answer.getExpiresIn().getSeconds());
      until = System.nanoTime() + valid.minus(AHEAD).toNanos();
    }
    return last;
  }

  private ExchangeTokenResponse exchange() throws Exception {
    HostAddress address = HostAddress.select(System.getenv(), true);
    if (address.socket() != null) {
      throw HostAddress.invalid("unix://" + address.socket(), "is a unix socket, which needs no tokens");
    }
    ExchangeTokenRequest request = ExchangeTokenRequest.newBuilder().setSubjectToken(idToken.token()).build();
    ManagedChannel channel = Channels.open(address, null);
    try {
      return AuthServiceGrpc.newBlockingStub(channel).exchangeToken(request);
    } catch (StatusRuntimeException error) {
      throw SlipwayException.of(error);
    } finally {
      channel.shutdownNow();
    }
  }
}
