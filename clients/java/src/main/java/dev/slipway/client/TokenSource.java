package dev.slipway.client;

/**
 * Gives the bearer tokens of calls to a host on TCP. It keeps a token itself while that is valid; see {@link
 * #exchanged}.
 */
@FunctionalInterface
public interface TokenSource {
  /**
   * Returns the token of a call, before each call. Several threads call it at the same time. The call fails with
   * TOKEN_SOURCE_FAILED when this method does, or with its exception if that is a {@link SlipwayException}.
   */
  String token() throws Exception;

  /**
   * Tells of a token that the host has refused and that is not to be returned again. Several threads call it at the same
   * time. Does nothing by default.
   */
  default void refused(String token) {}

  /**
   * Tokens of the host at SLIPWAY_HOST for ID tokens of an issuer that it trusts. A token is kept until a minute before
   * it expires, or until the host refuses it; {@link Slipway#follow} goes on with the next one. It fails as ExchangeToken
   * does, for which the host has 30 s, and as {@code idToken}.
   *
   * @param idToken a current ID token, such as one that the CI system issues for this job
   */
  static TokenSource exchanged(TokenSource idToken) {
    return exchanged(idToken, ConnectOptions.defaults());
  }

  /**
   * The same with the interceptors of options, which may be those of {@link Slipway#connect(ConnectOptions)}.
   *
   * @param options whose other values do not count here
   */
  static TokenSource exchanged(TokenSource idToken, ConnectOptions options) {
    return new ExchangedTokens(idToken, options);
  }
}
