from __future__ import annotations

import pathlib
import posixpath
import re

import grpc

from ._errors import SlipwayError
from ._pattern import Path, Pattern

_KEPT = {"Dockerfile", ".dockerignore", "Dockerfile.dockerignore"}
"""BuildKit always needs these files."""

_MAX_BYTES = 4 << 20
_MAX_PATTERNS = 50_000
_MAX_PATTERN_BYTES = 4096
_MAX_WILDCARD_BYTES = 1024
_PLAIN = re.compile(r"(\*\*)?[^*?\[\]\\]*|[^*?\[\]\\]*\*\*", re.DOTALL)
"""A pattern without a wildcard, or with ** at one end only."""


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
            _check_length(path)
            self._rules.append((negates, Pattern(path)))
            if len(self._rules) > _MAX_PATTERNS:
                raise _too_large(_LIMITS)

    @classmethod
    def of(cls, root: pathlib.Path) -> IgnoreFile:
        """Reads the file of a context. Raises DOCKERIGNORE_TOO_LARGE above the host's limits."""
        try:
            with open(root / ".dockerignore", "rb") as file:
                content = file.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            return cls()
        if len(content) > _MAX_BYTES:
            raise _too_large(_LIMITS)
        return cls(content.decode(errors="replace"))

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


_LIMITS = f"The ignore file has more than {_MAX_BYTES >> 20} MiB or {_MAX_PATTERNS} patterns."


def _check_length(pattern: str) -> None:
    length = len(pattern.encode())
    most = _MAX_PATTERN_BYTES if _PLAIN.fullmatch(pattern) else _MAX_WILDCARD_BYTES
    if length > most:
        message = f"A pattern of the ignore file has {length} bytes, and at most {most} are allowed."
        raise _too_large(message, "Use a shorter pattern.")


def _too_large(
    message: str, remedy: str = "Replace single names by patterns, such as those of their folders."
) -> SlipwayError:
    return SlipwayError(grpc.StatusCode.RESOURCE_EXHAUSTED, "DOCKERIGNORE_TOO_LARGE", message, remedy)
