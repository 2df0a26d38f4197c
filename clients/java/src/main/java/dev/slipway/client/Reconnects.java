package dev.slipway.client;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Repeats calls whose connection was lost. */
final class Reconnects {
  /** Number of attempts to reconnect without an event in between. */
  private static final int ATTEMPTS = 10;
  /** The longest delay for which the client waits. A call that must wait longer is not repeated. */
  private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);
  /** The codes that gRPC gives to broken streams. */
  private static final Set<Status.Code> BROKEN =
      EnumSet.of(
          Status.Code.ABORTED,
          Status.Code.CANCELLED,
          Status.Code.INTERNAL,
          Status.Code.UNAVAILABLE,
          Status.Code.UNKNOWN);

  private Reconnects() {}

  /**
   * Waits before another attempt of a call whose connection was lost: longer after each attempt, and no less than the
   * host asks for. Throws the error if another attempt cannot succeed, or when the channel is closed meanwhile.
   */
  static void await(ManagedChannel channel, SlipwayException error, int attempt) {
    Duration least = error.retryAfter();
    if (!isLost(error) || least.compareTo(LONGEST_DELAY) > 0 || attempt == ATTEMPTS) throw error;
    long delay = Math.max(Math.min(100L << attempt, 5000), least.toMillis() + 1);
    try {
      if (channel.awaitTermination(delay, TimeUnit.MILLISECONDS)) throw error;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the connection was lost", interrupted);
    }
  }

  /** Whether a connection or a stream broke, or the host is being restarted. Errors of the host have reasons. */
  private static boolean isLost(SlipwayException error) {
    return error.reason().equals("HOST_STOPPING") || (error.reason().isEmpty() && BROKEN.contains(error.code()));
  }
}
