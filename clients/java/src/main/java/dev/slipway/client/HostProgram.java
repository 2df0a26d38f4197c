package dev.slipway.client;

import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the host's program. */
final class HostProgram {
  /** Where installers put the program, also for processes whose PATH does not say so. */
  private static final List<Path> SHARED = List.of(Path.of("/usr/local/bin/slipway"), Path.of("/usr/bin/slipway"));

  private HostProgram() {}

  /**
   * The host's program. The clients in all languages look in the same order: SLIPWAY, the package
   * with the host, the PATH, the usual folders.
   */
  static String find(Path socket, Map<String, String> environment) {
    String given = environment.getOrDefault("SLIPWAY", "");
    if (!given.isEmpty()) return given;
    Optional<Path> packaged = HostJar.program(folder(environment, "XDG_CACHE_HOME", ".cache"));
    if (packaged.isPresent()) return packaged.get().toString();
    Stream<Path> path =
        Stream.of(environment.getOrDefault("PATH", "").split(":"))
            .filter(folder -> !folder.isEmpty())
            .map(folder -> Path.of(folder, "slipway"));
    Stream<Path> own = Stream.of(folder(environment, "XDG_DATA_HOME", ".local/share").resolve("host/current/bin/slipway"));
    return Stream.of(path, own, SHARED.stream())
        .flatMap(paths -> paths)
        .filter(program -> Files.isRegularFile(program) && Files.isExecutable(program))
        .findFirst()
        .map(Path::toString)
        .orElseThrow(() -> notInstalled(socket));
  }

  /** The folder of Slipway in one that a variable gives; its default is in the home folder. */
  private static Path folder(Map<String, String> environment, String variable, String inHome) {
    Path given = Path.of(environment.getOrDefault(variable, ""));
    return (given.isAbsolute() ? given : home(environment).resolve(inHome)).resolve("slipway");
  }

  private static Path home(Map<String, String> environment) {
    String home = environment.getOrDefault("HOME", "");
    return Path.of(home.isEmpty() ? System.getProperty("user.home") : home);
  }

  private static SlipwayException notInstalled(Path socket) {
    return SlipwayException.local(
        Status.Code.UNAVAILABLE,
        "HOST_NOT_INSTALLED",
        "No host listens on unix://" + socket + ", and its program is not installed.",
        "Install Slipway, or set SLIPWAY to the path of the program.",
        List.of(),
        Map.of());
  }
}
