package dev.slipway.client;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** What a .dockerignore leaves out, by the rules of moby/patternmatcher. */
final class IgnoreFile {
  /** BuildKit reads these before all else. */
  private static final Set<String> KEPT = Set.of("Dockerfile", ".dockerignore", "Dockerfile.dockerignore");

  private record Rule(boolean takesBack, Pattern pattern) {}

  private final List<Rule> rules = new ArrayList<>();

  IgnoreFile(String text) {
    for (String line : text.replaceFirst("^\uFEFF", "").split("\n")) {
      String pattern = line.strip();
      if (pattern.isEmpty() || line.startsWith("#")) continue;
      boolean takesBack = pattern.startsWith("!");
      String path = Path.of(takesBack ? pattern.substring(1).strip() : pattern).normalize().toString();
      String expression = expression(path.replaceFirst("^/", ""));
      rules.add(new Rule(takesBack, Pattern.compile(expression, Pattern.DOTALL)));
    }
  }

  /** Whether something below what is ignored may be taken back. */
  boolean takesBack() {
    return rules.stream().anyMatch(Rule::takesBack);
  }

  /** Whether a path, with forward slashes, is left out. The last rule that fits it or a parent counts. */
  boolean ignores(String path) {
    if (KEPT.contains(path)) return false;
    boolean ignored = false;
    for (Rule rule : rules) if (fits(rule.pattern(), path)) ignored = !rule.takesBack();
    return ignored;
  }

  private static boolean fits(Pattern pattern, String path) {
    for (int end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      if (pattern.matcher(path.substring(0, end)).matches()) return true;
    }
    return pattern.matcher(path).matches();
  }

  /** The regular expression of a pattern: * and ? stay within a name, ** does not. */
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
        // Within brackets these have a meaning of their own.
        out.append(next);
      } else {
        out.append(Character.isLetterOrDigit(next) ? String.valueOf(next) : Pattern.quote(String.valueOf(next)));
      }
    }
    return out.toString();
  }
}
