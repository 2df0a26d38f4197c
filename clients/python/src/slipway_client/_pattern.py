from __future__ import annotations

import re
from typing import Callable, Iterator


class Path:
    """A path to match. Sets of positions in it are the bits of an integer."""

    def __init__(self, text: str) -> None:
        self.chars: dict[str, int] = {}
        """Where each character is."""
        for at, char in enumerate(text):
            self.chars[char] = self.chars.get(char, 0) | 1 << at
        self.end = 1 << len(text)
        self.slashes = self.chars.get("/", 0)
        self.names = (self.end - 1) & ~self.slashes
        """Where a character other than a slash is."""


_Step = Callable[[Path, int], int]
"""From the positions where the part of the pattern before it can end to those where it can end."""


class Pattern:
    """A pattern of moby/patternmatcher. The time to match is at most the product of the two lengths."""

    def __init__(self, text: str) -> None:
        self._steps = list(_steps(text))

    def matches(self, path: Path) -> bool:
        """Whether the pattern matches a path or one of its parents."""
        reached = 1
        for step in self._steps:
            reached = step(path, reached)
            if not reached:
                return False
        return bool(reached & (path.slashes | path.end))


def _steps(pattern: str) -> Iterator[_Step]:
    """The steps of a pattern. ``*`` and ``?`` match within a name, ``**`` across names."""
    # Without another wildcard, what follows may be the end of a name.
    is_suffix = pattern.startswith("**") and not re.search(r"[*?\[\]\\]", pattern[2:])
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*" and pattern[at : at + 1] == "*":
            at += 1
            is_folder = pattern[at : at + 1] == "/"
            at += is_folder
            yield _anything if at == len(pattern) or (is_suffix and not is_folder) else _folders
        elif char == "*":
            yield _star
        elif char == "?":
            yield lambda path, reached: (reached & path.names) << 1
        elif char == "[":
            step, at = _class(pattern, at)
            yield step
        else:
            if char == "\\" and at < len(pattern):
                char = pattern[at]
                at += 1
            yield _literal(char)


def _literal(char: str) -> _Step:
    return lambda path, reached: (reached & path.chars.get(char, 0)) << 1


def _star(path: Path, reached: int) -> int:
    # The carry of the addition runs from the lowest position in a name to the end of the name.
    return reached | (((reached & path.names) + path.names) ^ path.names)


def _anything(path: Path, reached: int) -> int:
    return (path.end << 1) - (reached & -reached)


def _folders(path: Path, reached: int) -> int:
    lowest = reached & -reached
    return reached | (path.slashes << 1 & -(lowest << 1))


def _class(pattern: str, start: int) -> tuple[_Step, int]:
    """Reads a class of characters from behind its ``[``; also returns where it ends."""
    found = re.compile(r"(\^?)((?:\\.|[^\]\\])+)\]", re.DOTALL).match(pattern, start)
    if not found:
        raise ValueError(f"The pattern {pattern} in .dockerignore is malformed: a [ is not closed.")
    members = re.findall(r"(\\.|.)(?:-(\\.|.))?", found[2], re.DOTALL)
    ranges = [(low[-1], (high or low)[-1]) for low, high in members]

    def step(path: Path, reached: int) -> int:
        fits = 0
        for char, positions in path.chars.items():
            if any(low <= char <= high for low, high in ranges) != bool(found[1]):
                fits |= positions
        return (reached & fits) << 1

    return step, found.end()
