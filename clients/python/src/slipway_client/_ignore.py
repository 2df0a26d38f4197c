from __future__ import annotations

import posixpath
import re

_KEPT = {"Dockerfile", ".dockerignore", "Dockerfile.dockerignore"}
"""BuildKit always needs these files."""


class IgnoreFile:
    """The patterns of a .dockerignore, with the rules of moby/patternmatcher."""

    def __init__(self, text: str = "") -> None:
        self._rules: list[tuple[bool, re.Pattern[str]]] = []
        for line in text.lstrip("\ufeff").splitlines():
            pattern = line.strip()
            if not pattern or line.startswith("#"):
                continue
            negates = pattern.startswith("!")
            path = posixpath.normpath(pattern[1:].strip() if negates else pattern).lstrip("/")
            self._rules.append((negates, re.compile(_expression(path), re.DOTALL)))

    @property
    def negates(self) -> bool:
        """Whether a pattern can include files below an excluded folder."""
        return any(negates for negates, _ in self._rules)

    def ignores(self, path: str) -> bool:
        """Whether a path, with forward slashes, is excluded. The last rule that matches it or a parent wins."""
        if path in _KEPT:
            return False
        parts = path.split("/")
        paths = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        ignored = False
        for negates, rule in self._rules:
            if any(rule.fullmatch(candidate) for candidate in paths):
                ignored = not negates
        return ignored


def _expression(pattern: str) -> str:
    """Converts a pattern to a regular expression. ``*`` and ``?`` match within a name, ``**`` across names."""
    out, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*" and pattern[at : at + 1] == "*":
            at += 1
            if pattern[at : at + 1] == "/":
                at += 1
            out.append(".*" if at == len(pattern) else "(?:.*/)?")
        elif char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "\\" and at < len(pattern):
            out.append(re.escape(pattern[at]))
            at += 1
        elif char in "[]":
            out.append(char)
        else:
            # Within brackets, a dash is a range.
            out.append(char if char in "-^" else re.escape(char))
    return "".join(out)
