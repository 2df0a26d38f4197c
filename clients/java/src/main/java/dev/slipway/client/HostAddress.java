package dev.slipway.client;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where a host listens.
 *
 * @param socket path of a unix socket; null for TCP
 * @param uri http or https with host and port; null for a unix socket
 * @param token what a host on TCP asks for; empty when it asks for none
 * @param certificates folder with ca.pem, cert.pem and key.pem, as far as they are there; null for none
 */
record HostAddress(Path socket, URI uri, String token, Path certificates) {
  /** Reads SLIPWAY_HOST, SLIPWAY_TOKEN_FILE and SLIPWAY_CERT_PATH; without them it is this user's host. */
  static HostAddress select(Map<String, String> environment) throws IOException {
    String given = environment.getOrDefault("SLIPWAY_HOST", "");
    if (given.isEmpty()) return new HostAddress(defaultSocket(environment), null, "", null);
    URI uri = URI.create(given);
    String scheme = String.valueOf(uri.getScheme());
    if (scheme.equals("unix")) return new HostAddress(Path.of(uri.getPath()), null, "", null);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw new IllegalArgumentException(
          "SLIPWAY_HOST: \"" + given + "\" is neither unix://, http:// nor https://");
    }
    String file = environment.getOrDefault("SLIPWAY_TOKEN_FILE", "");
    String token = file.isEmpty() ? "" : Files.readString(Path.of(file)).strip();
    String folder = environment.getOrDefault("SLIPWAY_CERT_PATH", "");
    return new HostAddress(null, uri, token, folder.isEmpty() ? null : Path.of(folder));
  }

  /** The port of the URI, or its scheme's. */
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
    int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    if (uid == 0) return Path.of("/run/slipway/slipway.sock");
    Path own = Path.of("/run/user", String.valueOf(uid));
    if (Files.isDirectory(own)) return own.resolve("slipway").resolve("slipway.sock");
    String temporary = environment.getOrDefault("TMPDIR", "/tmp");
    return Path.of(temporary, "slipway-" + uid, "slipway.sock");
  }
}
