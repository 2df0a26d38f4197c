package dev.slipway.client;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;

/** A pattern of moby/patternmatcher. The time to match is at most the product of the two lengths. */
final class IgnorePattern {
  /** From the positions of a path where the pattern before it can end to those where it can end. */
  private interface Step {
    BitSet from(int[] path, BitSet reached);
  }

  private final List<Step> steps = new ArrayList<>();
  private final int[] text;
  private int at;

  /** Throws IllegalArgumentException for a malformed pattern. */
  IgnorePattern(String pattern) {
    text = pattern.codePoints().toArray();
    // Without another wildcard, what follows may be the end of a name.
    boolean isSuffix = pattern.matches("(?s)\\*\\*[^*?\\[\\]\\\\]*");
    while (at < text.length) {
      int next = text[at++];
      if (next == '*' && isNext('*')) {
        at++;
        boolean isFolder = isNext('/');
        if (isFolder) at++;
        steps.add(at == text.length || (isSuffix && !isFolder) ? IgnorePattern::anything : IgnorePattern::folders);
      } else if (next == '*') {
        steps.add(IgnorePattern::star);
      } else if (next == '?') {
        steps.add(one(found -> found != '/'));
      } else if (next == '[') {
        steps.add(one(readClass()));
      } else {
        int wanted = next == '\\' && at < text.length ? text[at++] : next;
        steps.add(one(found -> found == wanted));
      }
    }
  }

  /** Whether the pattern matches a path, as code points, or one of its parents. */
  boolean matches(int[] path) {
    BitSet reached = new BitSet();
    reached.set(0);
    for (Step step : steps) {
      reached = step.from(path, reached);
      if (reached.isEmpty()) return false;
    }
    return reached.stream().anyMatch(end -> end == path.length || path[end] == '/');
  }

  private boolean isNext(int wanted) {
    return at < text.length && text[at] == wanted;
  }

  /** Reads a class of characters from behind its bracket. */
  private IntPredicate readClass() {
    boolean isNegated = isNext('^');
    if (isNegated) at++;
    IntPredicate members = found -> false;
    do {
      int low = readMember();
      boolean isRange = isNext('-');
      if (isRange) at++;
      int high = isRange ? readMember() : low;
      members = members.or(found -> low <= found && found <= high);
    } while (!isNext(']'));
    at++;
    return isNegated ? members.negate() : members;
  }

  private int readMember() {
    if (isNext('\\')) at++;
    // The bracket follows.
    if (at + 1 >= text.length) {
      String pattern = new String(text, 0, text.length);
      throw new IllegalArgumentException(
          "The pattern " + pattern + " in .dockerignore is malformed: a [ is not closed.");
    }
    return text[at++];
  }

  private static Step one(IntPredicate fits) {
    return (path, reached) -> {
      BitSet next = new BitSet();
      reached.stream().filter(end -> end < path.length && fits.test(path[end])).forEach(end -> next.set(end + 1));
      return next;
    };
  }

  private static BitSet star(int[] path, BitSet reached) {
    BitSet next = (BitSet) reached.clone();
    for (int end = next.nextSetBit(0); end >= 0; end = next.nextSetBit(end + 1)) {
      if (end < path.length && path[end] != '/') next.set(end + 1);
    }
    return next;
  }

  private static BitSet anything(int[] path, BitSet reached) {
    BitSet next = new BitSet();
    next.set(reached.nextSetBit(0), path.length + 1);
    return next;
  }

  private static BitSet folders(int[] path, BitSet reached) {
    BitSet next = (BitSet) reached.clone();
    for (int end = reached.nextSetBit(0); end < path.length; end++) if (path[end] == '/') next.set(end + 1);
    return next;
  }
}
