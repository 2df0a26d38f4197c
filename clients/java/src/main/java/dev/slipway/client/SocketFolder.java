package dev.slipway.client;

import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** The folder of a host's socket. */
final class SocketFolder {
  /** How many links Linux follows in one path. */
  private static final int MAX_LINKS = 40;

  private SocketFolder() {}

  /**
   * Checks that no other user can have put a socket into a folder, or can replace the folder: it, each folder above it,
   * and each link on the way belong to this user or to root, and nobody else can write to them. Folders above may be
   * writable if they are sticky, as /tmp is. Returns false if there is no such folder.
   */
  static boolean check(Path folder) throws IOException {
    Map<String, Object> target;
    try {
      checkWay(folder);
      target = Files.readAttributes(folder, "unix:mode");
    } catch (NoSuchFileException missing) {
      return false;
    }
    if (!Files.isDirectory(folder)) {
      throw unsafe(folder, "it is not a folder", "Use another path for the socket.");
    }
    int mode = (Integer) target.get("mode");
    if ((mode & 0022) != 0) throw open(folder, folder, mode);
    return true;
  }

  /** Checks every folder and link that the kernel passes on the way to a folder, and the folder itself. */
  private static void checkWay(Path folder) throws IOException {
    Path root = Path.of("/");
    Path at = root;
    Deque<Path> names = new ArrayDeque<>();
    names.add(Path.of("."));
    folder.toAbsolutePath().forEach(names::add);
    int links = 0;
    while (!names.isEmpty()) {
      Path step = at.resolve(names.remove()).normalize();
      Map<String, Object> found = Files.readAttributes(step, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
      int owner = (Integer) found.get("uid");
      int mode = (Integer) found.get("mode");
      if (owner != currentUser() && owner != 0) throw foreign(folder, step, owner);
      if (Files.isSymbolicLink(step)) {
        if (++links > MAX_LINKS) return;
        Path target = Files.readSymbolicLink(step);
        if (target.isAbsolute()) at = root;
        List<Path> parts = new ArrayList<>();
        target.forEach(parts::add);
        Collections.reverse(parts);
        parts.forEach(names::addFirst);
      } else {
        boolean isSticky = (mode & 01000) != 0;
        if ((mode & 0022) != 0 && !isSticky) throw open(folder, step, mode);
        at = step;
      }
    }
  }

  /** Creates the folder if it is missing, and checks that it is this user's and that others have no access. */
  static void makePrivate(Path folder) throws IOException {
    try {
      if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectories(
            folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
    } catch (IOException failed) {
      throw SlipwayException.local(
          Status.Code.FAILED_PRECONDITION,
          "SOCKET_FOLDER_UNUSABLE",
          "The folder " + folder + " cannot be created: " + failed.getMessage() + ".",
          "Set XDG_RUNTIME_DIR to a folder that you own.",
          List.of(),
          Map.of("folder", folder.toString()));
    }
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      throw unsafe(folder, "it is not a folder", "Remove the file.");
    }
    Map<String, Object> found = Files.readAttributes(folder, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
    int owner = (Integer) found.get("uid");
    if (owner != currentUser()) throw foreign(folder, folder, owner);
    int mode = (Integer) found.get("mode") & 0777;
    if ((mode & 0077) != 0) {
      String why = String.format("its mode %04o gives other users access", mode);
      throw unsafe(folder, why, "Run: chmod 700 " + folder);
    }
  }

  /** The id of this process's user. */
  static int currentUser() throws IOException {
    return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  /** The error for a folder that another user owns, or one on the way to it. */
  private static SlipwayException foreign(Path folder, Path step, int owner) {
    String subject = step.equals(folder) ? "it" : step.toString();
    String remedy = "Use a folder that you own: set XDG_RUNTIME_DIR, TMPDIR or SLIPWAY_HOST.";
    return unsafe(folder, subject + " belongs to user " + owner, remedy);
  }

  /** The error for a folder that others can write to, or one on the way to it. */
  private static SlipwayException open(Path folder, Path step, int mode) {
    String text = String.format("%04o", mode & 0777);
    String subject = step.equals(folder) ? "its mode " + text : "the mode " + text + " of " + step;
    return unsafe(folder, subject + " lets other users write to it", "Run: chmod go-w " + step);
  }

  private static SlipwayException unsafe(Path folder, String why, String remedy) {
    return SlipwayException.local(
        Status.Code.FAILED_PRECONDITION,
        "SOCKET_FOLDER_UNSAFE",
        "The folder " + folder + " is not safe for the host's socket: " + why + ".",
        remedy,
        List.of(),
        Map.of("folder", folder.toString()));
  }
}
