package dev.slipway.client;

import io.grpc.Status;
import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Starts a host if none is running. */
final class HostProcess {
  /** How long a host that was started here can be idle before it ends. */
  private static final String IDLE = "10m";
  /** Time limit for a host to listen. */
  private static final Duration START = Duration.ofSeconds(15);

  private HostProcess() {}

  /**
   * Starts a host on a socket unless one listens there; the socket's folder must be safe. When several are started at
   * once, one stays.
   */
  static void ensure(Path socket) throws IOException, InterruptedException {
    if (listens(socket)) return;
    SocketFolder.makePrivate(socket.getParent());
    String program = HostProgram.find(socket, System.getenv());
    // What the host prints before it opens its own log, host.log in its state folder.
    File log = File.createTempFile("slipway-host-", ".log");
    try {
      // setsid: in a new session it outlives this program and receives no signals of its terminal.
      Process process =
          new ProcessBuilder(
                  "setsid", program, "serve", "--socket", socket.toString(), "--idle-timeout", IDLE, "--log-file")
              .directory(new File("/"))
              .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
              .redirectErrorStream(true)
              .redirectOutput(log)
              .start();
      waitFor(socket, process, log.toPath());
    } catch (IOException failed) {
      throw startFailed(socket, failed.getMessage() + ".");
    } finally {
      Files.deleteIfExists(log.toPath());
    }
  }

  private static void waitFor(Path socket, Process process, Path log) throws IOException, InterruptedException {
    Instant deadline = Instant.now().plus(START);
    while (Instant.now().isBefore(deadline)) {
      // Checked first: a host that lost the race against another one exits before the other listens.
      boolean ended = !process.isAlive();
      if (listens(socket)) return;
      if (ended) {
        throw startFailed(socket, "it exited with code " + process.exitValue() + "; its output:\n" + Files.readString(log));
      }
      Thread.sleep(50);
    }
    process.destroyForcibly();
    throw startFailed(socket, "it did not listen within " + START.toSeconds() + " s.");
  }

  private static boolean listens(Path socket) throws IOException {
    if (!SocketFolder.check(socket.getParent())) return false;
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return probe.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException nobody) {
      return false;
    }
  }

  private static SlipwayException startFailed(Path socket, String why) {
    String message = "The host for unix://" + socket + " could not be started: " + why;
    return SlipwayException.local(
        Status.Code.UNAVAILABLE, "HOST_START_FAILED", message, "Run `slipway serve`.", List.of(), Map.of());
  }
}
