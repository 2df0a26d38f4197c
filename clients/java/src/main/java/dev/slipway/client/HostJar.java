package dev.slipway.client;

import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The host's program in a jar of {@code dev.slipway:slipway-host}, which is on the class path. */
final class HostJar {
  private HostJar() {}

  /**
   * The path of the program. It is unpacked below a folder, unless that was done before. Empty if the class path has no
   * jar for this platform.
   */
  static Optional<Path> program(Path cache) {
    String folder = "META-INF/slipway/host/" + platform() + "/";
    Path hosts = cache.resolve("host");
    try {
      byte[] list;
      try (InputStream files = open(folder + "FILES")) {
        if (files == null) return Optional.empty();
        list = files.readAllBytes();
      }
      // The list has the hashes of all files, so its own hash stands for the program.
      Path target = hosts.resolve(HexFormat.of().formatHex(sha256().digest(list)).substring(0, 16));
      Path program = target.resolve("dist/cli.cjs");
      if (!Files.isExecutable(program)) unpack(folder, list, target, program);
      return Optional.of(program);
    } catch (IOException failed) {
      throw SlipwayException.local(
          Status.Code.UNAVAILABLE,
          "HOST_START_FAILED",
          "The host's program could not be unpacked into " + hosts + ": " + failed + ".",
          "Set XDG_CACHE_HOME to a folder that you can write to.",
          List.of(),
          Map.of());
    }
  }

  /** Names of systems and CPUs as in the classifiers of os-maven-plugin. */
  private static String platform() {
    String cpu = System.getProperty("os.arch");
    String name = Map.of("amd64", "x86_64", "aarch64", "aarch_64").getOrDefault(cpu, cpu);
    return System.getProperty("os.name").toLowerCase() + "-" + name;
  }

  /** Unpacks beside the target and renames: nobody sees a part of the program, and of several at once one stays. */
  private static void unpack(String folder, byte[] list, Path target, Path program) throws IOException {
    Files.createDirectories(target.getParent());
    Path work = Files.createTempDirectory(target.getParent(), ".unpack-");
    try {
      for (String line : new String(list, StandardCharsets.UTF_8).lines().toList()) {
        String[] fields = line.split(" ", 3);
        Path file = work.resolve(fields[2]);
        Files.createDirectories(file.getParent());
        copy(folder + fields[2], file, fields[0]);
        if (fields[1].equals("x")) {
          Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
      }
      Files.move(work, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException failed) {
      if (!Files.isExecutable(program)) throw failed;
    } finally {
      remove(work);
    }
  }

  private static void copy(String resource, Path file, String expected) throws IOException {
    MessageDigest hash = sha256();
    try (InputStream content = open(resource)) {
      if (content == null) throw new IOException(resource + " is missing in the jar");
      Files.copy(new DigestInputStream(content, hash), file);
    }
    String actual = HexFormat.of().formatHex(hash.digest());
    if (!actual.equals(expected)) throw new IOException(resource + " has the SHA-256 " + actual + " instead of " + expected);
  }

  private static void remove(Path folder) throws IOException {
    if (!Files.exists(folder)) return;
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
    }
  }

  private static InputStream open(String resource) {
    return HostJar.class.getClassLoader().getResourceAsStream(resource);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
