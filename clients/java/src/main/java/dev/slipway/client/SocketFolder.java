package dev.slipway.client;

import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/** The folder of a host's socket. */
final class SocketFolder {
  private SocketFolder() {}

  /**
   * Checks that no other user can have put a socket into a folder: the folder, and the link if the path is one, belong
   * to this user or to root, and nobody else can write to the folder. Returns false if there is no such folder.
   */
  static boolean check(Path folder) throws IOException {
    Map<String, Object> link;
    Map<String, Object> target;
    try {
      link = Files.readAttributes(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      target = Files.readAttributes(folder, "unix:uid,mode");
    } catch (NoSuchFileException missing) {
      return false;
    }
    for (Map<String, Object> each : List.of(link, target)) {
      int owner = (Integer) each.get("uid");
      if (owner != currentUser() && owner != 0) throw foreign(folder, owner);
    }
    if (!Files.isDirectory(folder)) {
      throw unsafe(folder, "it is not a folder", "Use another path for the socket.");
    }
    int mode = (Integer) target.get("mode") & 0777;
    if ((mode & 0022) != 0) {
      String why = String.format("its mode %04o lets other users write to it", mode);
      throw unsafe(folder, why, "Run: chmod go-w " + folder);
    }
    return true;
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
    if (owner != currentUser()) throw foreign(folder, owner);
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

  private static SlipwayException foreign(Path folder, int owner) {
    String remedy = "Use a folder that you own: set XDG_RUNTIME_DIR, TMPDIR or SLIPWAY_HOST.";
    return unsafe(folder, "it belongs to user " + owner, remedy);
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
