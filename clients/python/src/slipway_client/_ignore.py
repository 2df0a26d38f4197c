from __future__ import annotations

import posixpath

from ._pattern import Path, Pattern

_KEPT = {"Dockerfile", ".dockerignore", "Dockerfile.dockerignore"}
"""BuildKit always needs these files."""


class IgnoreFile:
    """The patterns of a .dockerignore, with the rules of moby/patternmatcher."""

    def __init__(self, text: str = "") -> None:
        self._rules: list[tuple[bool, Pattern]] = []
        for line in text.lstrip("\ufeff").splitlines():
            pattern = line.strip()
            if not pattern or line.startswith("#"):
                continue
            negates = pattern.startswith("!")
            path = posixpath.normpath(pattern[1:].strip() if negates else pattern).lstrip("/")
            self._rules.append((negates, Pattern(path)))

    @property
    def negates(self) -> bool:
        """Whether a pattern can include files below an excluded folder."""
        return any(negates for negates, _ in self._rules)

    def ignores(self, path: str) -> bool:
        """Whether a path, with forward slashes, is excluded. The last rule that matches it or a parent wins."""
        if path in _KEPT:
            return False
        name = Path(path)
        ignored = False
        for negates, pattern in self._rules:
            if pattern.matches(name):
                ignored = not negates
        return ignored
