package dev.slipway.client;

import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;

/** Starts a host when none runs. */
final class HostProcess {
  /** How long a host that was started here waits for work before it ends. */
  private static final String IDLE = "10m";
  /** How long a host may take to listen. */
  private static final Duration START = Duration.ofSeconds(15);

  private HostProcess() {}

  /** Starts a host on a socket unless one listens there. Of several that are started at once one stays. */
  static void ensure(Path socket) throws IOException, InterruptedException {
    if (listens(socket)) return;
    makePrivate(socket.getParent());
    String program = System.getenv().getOrDefault("SLIPWAY", "slipway");
    File log = File.createTempFile("slipway-host-", ".log");
    try {
      // setsid: in a session of its own it outlives this program and gets none of its terminal's signals.
      Process process =
          new ProcessBuilder("setsid", program, "serve", "--socket", socket.toString(), "--idle-timeout", IDLE)
              .directory(new File("/"))
              .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
              .redirectErrorStream(true)
              .redirectOutput(log)
              .start();
      waitFor(socket, process, log.toPath());
    } finally {
      Files.deleteIfExists(log.toPath());
    }
  }

  private static void waitFor(Path socket, Process process, Path log) throws IOException, InterruptedException {
    Instant deadline = Instant.now().plus(START);
    while (Instant.now().isBefore(deadline)) {
      // Asked first: another host may have been faster, and this one has given way to it.
      boolean ended = !process.isAlive();
      if (listens(socket)) return;
      if (ended) {
        throw new IOException(
            "no Slipway host listens on " + socket + "; one was started and ended with "
                + process.exitValue() + ":\n" + Files.readString(log));
      }
      Thread.sleep(50);
    }
    process.destroyForcibly();
    throw new IOException("the Slipway host did not listen on " + socket + " within " + START.toSeconds() + " s");
  }

  private static boolean listens(Path socket) {
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return probe.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException nobody) {
      return false;
    }
  }

  /** Makes the socket's folder, which nobody else may reach into. */
  private static void makePrivate(Path folder) throws IOException {
    Set<PosixFilePermission> own = PosixFilePermissions.fromString("rwx------");
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(own));
    }
    Set<PosixFilePermission> others = EnumSet.copyOf(Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS));
    others.removeAll(own);
    Object owner = Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    boolean isOwn = owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) || !others.isEmpty() || !isOwn) {
      throw new IOException(folder + " must be a folder of your own with mode 0700");
    }
  }
}
