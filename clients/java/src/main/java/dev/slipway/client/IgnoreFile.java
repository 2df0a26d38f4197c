package dev.slipway.client;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** The patterns of a .dockerignore, with the rules of moby/patternmatcher. */
final class IgnoreFile {
  /** BuildKit always needs these files. */
  private static final Set<String> KEPT = Set.of("Dockerfile", ".dockerignore", "Dockerfile.dockerignore");

  private record Rule(boolean negates, Pattern pattern) {}

  private final List<Rule> rules = new ArrayList<>();

  IgnoreFile(String text) {
    for (String line : text.replaceFirst("^\uFEFF", "").split("\n")) {
      String pattern = line.strip();
      if (pattern.isEmpty() || line.startsWith("#")) continue;
      boolean negates = pattern.startsWith("!");
      String path = Path.of(negates ? pattern.substring(1).strip() : pattern).normalize().toString();
      String expression = expression(path.replaceFirst("^/", ""));
      rules.add(new Rule(negates, Pattern.compile(expression, Pattern.DOTALL)));
    }
  }

  /** Whether a pattern can include files below an excluded folder. */
  boolean negates() {
    return rules.stream().anyMatch(Rule::negates);
  }

  /** Whether a path, with forward slashes, is excluded. The last rule that matches it or a parent wins. */
  boolean ignores(String path) {
    if (KEPT.contains(path)) return false;
    boolean ignored = false;
    for (Rule rule : rules) if (matches(rule.pattern(), path)) ignored = !rule.negates();
    return ignored;
  }

  private static boolean matches(Pattern pattern, String path) {
    for (int end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      if (pattern.matcher(path.substring(0, end)).matches()) return true;
    }
    return pattern.matcher(path).matches();
  }

  /** Converts a pattern to a regular expression. * and ? match within a name, ** across names. */
  private static String expression(String pattern) {
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < pattern.length(); at++) {
      char next = pattern.charAt(at);
      if (next == '*' && at + 1 < pattern.length() && pattern.charAt(at + 1) == '*') {
        at += at + 2 < pattern.length() && pattern.charAt(at + 2) == '/' ? 2 : 1;
        out.append(at + 1 == pattern.length() ? ".*" : "(?:.*/)?");
      } else if (next == '*') {
        out.append("[^/]*");
      } else if (next == '?') {
        out.append("[^/]");
      } else if (next == '\\' && at + 1 < pattern.length()) {
        out.append(Pattern.quote(String.valueOf(pattern.charAt(++at))));
      } else if ("[]-^".indexOf(next) >= 0) {
        // These have a special meaning within brackets.
        out.append(next);
      } else {
        out.append(Character.isLetterOrDigit(next) ? String.valueOf(next) : Pattern.quote(String.valueOf(next)));
      }
    }
    return out.toString();
  }
}
