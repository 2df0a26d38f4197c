package dev.slipway.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.slipway.v1.AddBlobsRequest;
import dev.slipway.v1.Blob;
import dev.slipway.v1.CreateUploadRequest;
import dev.slipway.v1.DeleteUploadRequest;
import dev.slipway.v1.EntryType;
import dev.slipway.v1.FinishUploadRequest;
import dev.slipway.v1.ManifestEntry;
import dev.slipway.v1.UploadServiceGrpc.UploadServiceBlockingStub;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Uploads a folder. Sends only contents that the host lacks. */
final class ContextUpload {
  /** Number of entries of a context in one message. */
  private static final int PAGE_ENTRIES = 1024;
  /** Bytes of contents in one message, unless the host's limit is lower. */
  private static final int BATCH_BYTES = 1 << 20;

  private final UploadServiceBlockingStub uploads;
  private final Path root;
  private final int chunkBytes;
  private final String id;
  private final List<ManifestEntry> page = new ArrayList<>();

  private ContextUpload(UploadServiceBlockingStub uploads, Path root, long maxBytes) throws IOException {
    this.uploads = uploads;
    this.root = root;
    this.chunkBytes = maxBytes > 0 ? (int) Math.min(maxBytes, BATCH_BYTES) : BATCH_BYTES;
    String key = InetAddress.getLocalHost().getHostName() + ":" + root;
    this.id =
        uploads
            .createUpload(CreateUploadRequest.newBuilder().setManifest(true).setCacheKey(key).build())
            .getUpload()
            .getId();
  }

  /** Uploads a folder, except for what its .dockerignore excludes, and returns the id of the upload. */
  static String of(UploadServiceBlockingStub uploads, Path folder, long maxBytes) throws IOException {
    Path root = folder.toRealPath();
    IgnoreFile ignored = IgnoreFile.of(root);
    ContextUpload upload = new ContextUpload(uploads, root, maxBytes);
    boolean finished = false;
    try {
      upload.add(upload.root, ignored);
      upload.flush();
      uploads.finishUpload(FinishUploadRequest.newBuilder().setId(upload.id).build());
      finished = true;
      return upload.id;
    } finally {
      if (!finished) uploads.deleteUpload(DeleteUploadRequest.newBuilder().setId(upload.id).build());
    }
  }

  private void add(Path folder, IgnoreFile ignored) throws IOException {
    List<Path> found;
    try (Stream<Path> listed = Files.list(folder)) {
      found = listed.sorted().toList();
    }
    for (Path file : found) {
      String path = root.relativize(file).toString();
      boolean isFolder = Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS);
      if (ignored.ignores(path) && !(isFolder && ignored.negates())) continue;
      page.add(describe(file, path));
      if (page.size() == PAGE_ENTRIES) flush();
      if (isFolder) add(file, ignored);
    }
  }

  /** Sends the entries of a page to the host, and the contents that it lacks. */
  private void flush() throws IOException {
    List<ManifestEntry> entries = List.copyOf(page);
    page.clear();
    AddBlobsRequest manifest = AddBlobsRequest.newBuilder().setId(id).addAllEntries(entries).build();
    Set<String> missing = new HashSet<>(uploads.addBlobs(manifest).getMissingDigestsList());
    List<Blob> batch = new ArrayList<>();
    int size = 0;
    for (ManifestEntry entry : entries) {
      if (!missing.remove(entry.getDigest())) continue;
      try (InputStream content = Files.newInputStream(root.resolve(entry.getPath()))) {
        long offset = 0;
        do {
          byte[] data = content.readNBytes(chunkBytes);
          if (size + data.length > chunkBytes) {
            put(batch);
            batch = new ArrayList<>();
            size = 0;
          }
          batch.add(
              Blob.newBuilder()
                  .setDigest(entry.getDigest())
                  .setSizeBytes(entry.getSizeBytes())
                  .setOffset(offset)
                  .setData(ByteString.copyFrom(data))
                  .build());
          size += data.length;
          offset += data.length;
          if (data.length == 0) break;
        } while (offset < entry.getSizeBytes());
      }
    }
    put(batch);
  }

  private void put(List<Blob> blobs) {
    if (!blobs.isEmpty()) uploads.addBlobs(AddBlobsRequest.newBuilder().setId(id).addAllBlobs(blobs).build());
  }

  private static ManifestEntry describe(Path file, String path) throws IOException {
    Map<String, Object> facts = Files.readAttributes(file, "unix:mode,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
    Instant modified = ((java.nio.file.attribute.FileTime) facts.get("lastModifiedTime")).toInstant();
    ManifestEntry.Builder entry =
        ManifestEntry.newBuilder()
            .setPath(path)
            .setMode((Integer) facts.get("mode") & 07777)
            .setModifyTime(
                Timestamp.newBuilder().setSeconds(modified.getEpochSecond()).setNanos(modified.getNano()));
    if (Files.isSymbolicLink(file)) {
      return entry
          .setType(EntryType.ENTRY_TYPE_SYMLINK)
          .setLinkTarget(Files.readSymbolicLink(file).toString())
          .build();
    }
    if (Files.isDirectory(file)) return entry.setType(EntryType.ENTRY_TYPE_DIRECTORY).build();
    if (!Files.isRegularFile(file)) {
      throw new IOException(path + " is a device or a pipe, which cannot be uploaded; list it in .dockerignore");
    }
    return digest(file, entry.setType(EntryType.ENTRY_TYPE_FILE)).build();
  }

  private static ManifestEntry.Builder digest(Path file, ManifestEntry.Builder entry) throws IOException {
    try (InputStream content = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      long size = 0;
      for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
        digest.update(buffer, 0, read);
        size += read;
      }
      return entry.setDigest("sha256:" + HexFormat.of().formatHex(digest.digest())).setSizeBytes(size);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
