from __future__ import annotations

import posixpath
import re

_KEPT = {"Dockerfile", ".dockerignore", "Dockerfile.dockerignore"}
"""BuildKit reads these before all else."""


class IgnoreFile:
    """What a .dockerignore leaves out, by the rules of moby/patternmatcher."""

    def __init__(self, text: str = "") -> None:
        self._rules: list[tuple[bool, re.Pattern[str]]] = []
        for line in text.lstrip("\ufeff").splitlines():
            pattern = line.strip()
            if not pattern or line.startswith("#"):
                continue
            takes_back = pattern.startswith("!")
            path = posixpath.normpath(pattern[1:].strip() if takes_back else pattern).lstrip("/")
            self._rules.append((takes_back, re.compile(_expression(path), re.DOTALL)))

    @property
    def takes_back(self) -> bool:
        """Whether something below what is ignored may be taken back."""
        return any(takes_back for takes_back, _ in self._rules)

    def ignores(self, path: str) -> bool:
        """Whether a path, with forward slashes, is left out. The last rule that fits it or a parent counts."""
        if path in _KEPT:
            return False
        parts = path.split("/")
        paths = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        ignored = False
        for takes_back, rule in self._rules:
            if any(rule.fullmatch(candidate) for candidate in paths):
                ignored = not takes_back
        return ignored


def _expression(pattern: str) -> str:
    """The regular expression of a pattern: ``*`` and ``?`` stay within a name, ``**`` does not."""
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
            # Within brackets a dash makes a range.
            out.append(char if char in "-^" else re.escape(char))
    return "".join(out)
