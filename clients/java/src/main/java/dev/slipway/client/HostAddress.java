package dev.slipway.client;

import io.grpc.Status;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The address of a host.
 *
 * @param socket path of a unix socket; null for TCP
 * @param uri http or https with host and port; null for a unix socket
 * @param token token for a host on TCP; empty for none
 * @param certificates folder with ca.pem, cert.pem and key.pem, each optional; null for none
 */
record HostAddress(Path socket, URI uri, String token, Path certificates) {
  private static final Pattern LOOPBACK = Pattern.compile("127(\\.\\d{1,3}){3}");

  /**
   * Reads SLIPWAY_HOST, SLIPWAY_CERT_PATH and, unless the caller has tokens, SLIPWAY_TOKEN_FILE. The default is this
   * user's host.
   */
  static HostAddress select(Map<String, String> environment, boolean hasTokens) throws IOException {
    String given = environment.getOrDefault("SLIPWAY_HOST", "");
    if (given.isEmpty()) return new HostAddress(defaultSocket(environment), null, "", null);
    URI uri;
    try {
      uri = new URI(given);
    } catch (URISyntaxException malformed) {
      throw invalid(given, "is not a URL");
    }
    String scheme = String.valueOf(uri.getScheme());
    if (scheme.equals("unix")) {
      boolean isAbsolute = uri.getRawAuthority() == null && uri.getPath() != null && uri.getPath().length() > 1;
      if (!isAbsolute) throw invalid(given, "has no absolute path after unix://");
      return new HostAddress(Path.of(uri.getPath()), null, "", null);
    }
    if ((!scheme.equals("http") && !scheme.equals("https")) || uri.getHost() == null) {
      throw invalid(given, "is neither unix:///path, http://host nor https://host");
    }
    if (uri.getRawUserInfo() != null) throw invalid(given, "contains a login; tokens are read from a file");
    String file = hasTokens ? "" : environment.getOrDefault("SLIPWAY_TOKEN_FILE", "");
    if ((hasTokens || !file.isEmpty()) && scheme.equals("http") && !isLoopback(uri.getHost())) {
      throw invalid(given, "would send the token in clear text over the network; use https");
    }
    String token = file.isEmpty() ? "" : Files.readString(Path.of(file)).strip();
    String folder = environment.getOrDefault("SLIPWAY_CERT_PATH", "");
    return new HostAddress(null, uri, token, folder.isEmpty() ? null : Path.of(folder));
  }

  /** The port of the URI, or the default port of its scheme. */
  int port() {
    if (uri.getPort() > 0) return uri.getPort();
    return isTls() ? 443 : 80;
  }

  boolean isTls() {
    return uri != null && uri.getScheme().equals("https");
  }

  private static Path defaultSocket(Map<String, String> environment) throws IOException {
    String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    if (!runtime.isEmpty()) return Path.of(runtime, "slipway", "slipway.sock");
    int uid = SocketFolder.currentUser();
    if (uid == 0) return Path.of("/run/slipway/slipway.sock");
    Path own = Path.of("/run/user", String.valueOf(uid));
    if (Files.isDirectory(own)) return own.resolve("slipway").resolve("slipway.sock");
    String temporary = environment.getOrDefault("TMPDIR", "");
    return Path.of(temporary.isEmpty() ? "/tmp" : temporary, "slipway-" + uid, "slipway.sock");
  }

  /** Whether a host name or IP address is on the loopback interface. */
  private static boolean isLoopback(String host) {
    return host.equalsIgnoreCase("localhost") || host.equals("[::1]") || LOOPBACK.matcher(host).matches();
  }

  /** The error of an address that cannot be used. It shows no user and password. */
  static SlipwayException invalid(String given, String why) {
    String shown = given.replaceFirst("(?is)^([a-z]+:/*)?.*@", "$1…@");
    String message = "The host's address \"" + shown + "\" " + why + ".";
    return SlipwayException.local(
        Status.Code.INVALID_ARGUMENT,
        "HOST_ADDRESS_INVALID",
        message,
        "Give unix:///path/to/slipway.sock, http://127.0.0.1:port or https://host:port.",
        List.of(new SlipwayException.FieldError("SLIPWAY_HOST", "HOST_ADDRESS_INVALID", message, "")),
        Map.of());
  }
}
