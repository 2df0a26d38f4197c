package dev.slipway.client;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The patterns of a .dockerignore, with the rules of moby/patternmatcher. */
final class IgnoreFile {
  /** BuildKit always needs these files. */
  private static final Set<String> KEPT = Set.of("Dockerfile", ".dockerignore", "Dockerfile.dockerignore");

  private record Rule(boolean negates, IgnorePattern pattern) {}

  private final List<Rule> rules = new ArrayList<>();

  IgnoreFile(String text) {
    for (String line : text.replaceFirst("^\uFEFF", "").split("\n")) {
      String pattern = line.strip();
      if (pattern.isEmpty() || line.startsWith("#")) continue;
      boolean negates = pattern.startsWith("!");
      String path = Path.of(negates ? pattern.substring(1).strip() : pattern).normalize().toString();
      rules.add(new Rule(negates, new IgnorePattern(path.replaceFirst("^/", ""))));
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
}
