package dev.slipway.client;

import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The patterns of a .dockerignore, with the rules of moby/patternmatcher. */
final class IgnoreFile {
  /** BuildKit always needs these files. */
  private static final Set<String> KEPT = Set.of("Dockerfile", ".dockerignore", "Dockerfile.dockerignore");

  private static final int MAX_BYTES = 4 << 20;
  private static final int MAX_PATTERNS = 50_000;
  private static final int MAX_PATTERN_BYTES = 4096;
  private static final int MAX_WILDCARD_BYTES = 1024;

  /** A pattern without a wildcard, or with ** at one end only. */
  private static final Pattern PLAIN =
      Pattern.compile("(\\*\\*)?[^*?\\[\\]\\\\]*|[^*?\\[\\]\\\\]*\\*\\*");

  private record Rule(boolean negates, IgnorePattern pattern) {}

  private final List<Rule> rules = new ArrayList<>();

  IgnoreFile(String text) {
    for (String line : text.replaceFirst("^\uFEFF", "").split("\n")) {
      String pattern = line.strip();
      if (pattern.isEmpty() || line.startsWith("#")) continue;
      boolean negates = pattern.startsWith("!");
      String path = Path.of(negates ? pattern.substring(1).strip() : pattern).normalize().toString();
      String relative = path.replaceFirst("^/", "");
      checkLength(relative);
      rules.add(new Rule(negates, new IgnorePattern(relative)));
      if (rules.size() > MAX_PATTERNS) throw tooLarge();
    }
  }

  /** Reads the file of a context. Throws DOCKERIGNORE_TOO_LARGE above the host's limits. */
  static IgnoreFile of(Path root) throws IOException {
    try (InputStream file = Files.newInputStream(root.resolve(".dockerignore"))) {
      byte[] content = file.readNBytes(MAX_BYTES + 1);
      if (content.length > MAX_BYTES) throw tooLarge();
      return new IgnoreFile(new String(content, StandardCharsets.UTF_8));
    } catch (NoSuchFileException none) {
      return new IgnoreFile("");
    }
  }

  /** Whether a pattern can include files below an excluded folder. */
  boolean negates() {
    return rules.stream().anyMatch(Rule::negates);
  }

  /** Whether a path, with forward slashes, is excluded. The last rule that matches it or a parent wins. */
  boolean ignores(String path) {
    if (KEPT.contains(path)) return false;
    int[] points = path.codePoints().toArray();
    boolean ignored = false;
    for (Rule rule : rules) if (rule.pattern().matches(points)) ignored = !rule.negates();
    return ignored;
  }

  private static void checkLength(String pattern) {
    int length = pattern.getBytes(StandardCharsets.UTF_8).length;
    int most = PLAIN.matcher(pattern).matches() ? MAX_PATTERN_BYTES : MAX_WILDCARD_BYTES;
    if (length <= most) return;
    throw tooLarge(
        "A pattern of the ignore file has " + length + " bytes, and at most " + most + " are allowed.",
        "Use a shorter pattern.");
  }

  private static SlipwayException tooLarge() {
    return tooLarge(
        "The ignore file has more than " + (MAX_BYTES >> 20) + " MiB or " + MAX_PATTERNS + " patterns.",
        "Replace single names by patterns, such as those of their folders.");
  }

  private static SlipwayException tooLarge(String message, String remedy) {
    return SlipwayException.local(
        Status.Code.RESOURCE_EXHAUSTED, "DOCKERIGNORE_TOO_LARGE", message, remedy, List.of(), Map.of());
  }
}
