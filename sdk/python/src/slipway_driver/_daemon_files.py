"""The files for a daemon."""

import posixpath
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from slipway_driver._messages import Diagnostic, Severity, SeverityValue

_CONFIG = "buildkitd.toml"


def daemon_file_findings(files: Mapping[str, bytes]) -> Iterator[Diagnostic]:
    """Checks the paths of the files, the syntax of buildkitd.toml, and that the files that it names are present."""
    for path in sorted(files):
        if not _is_plain(path):
            message = f'"{path}" is not a path below the daemon\'s configuration folder.'
            remedy = 'Write a relative path without "." and "..", such as certs/registry.example/ca.pem.'
            yield _finding(path, "DAEMON_FILE_PATH_INVALID", message, remedy)
    try:
        config = tomllib.loads(files.get(_CONFIG, b"").decode())
    except ValueError as error:
        yield _finding(_CONFIG, "DAEMON_CONFIG_INVALID", f"{_CONFIG} cannot be read: {error}.", "Correct the file.")
        return
    for registry, path in _registry_files(config):
        if posixpath.normpath(path) in files:
            continue
        message = f"{_CONFIG} names the file {path} for the registry {registry}, but the file is missing."
        remedy = "Add it to the daemon's files, and name it by its path there."
        if path.startswith("/"):  # It may exist where the daemon runs.
            yield _finding(_CONFIG, "DAEMON_FILE_ELSEWHERE", message, remedy, Severity.WARNING)
        else:
            yield _finding(_CONFIG, "DAEMON_FILE_MISSING", message, remedy)


def _finding(
    path: str, reason: str, message: str, remedy: str, severity: SeverityValue = Severity.ERROR
) -> Diagnostic:
    field = f"daemon_files[{path}]"
    return Diagnostic(severity=severity, field=field, reason=reason, message=message, remedy=remedy)


def _is_plain(path: str) -> bool:
    """Whether a path is relative, in normal form, and does not leave its folder."""
    normal = posixpath.normpath(path)
    return bool(path) and normal == path and not path.startswith(("/", "..")) and path != "." and "\0" not in path


def _registry_files(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for registry, block in _table(config.get("registry")).items():
        settings = _table(block)
        paths = _list(settings.get("ca"))
        for pair in map(_table, _list(settings.get("keypair"))):
            paths = [*paths, pair.get("key"), pair.get("cert")]
        yield from ((registry, path) for path in paths if isinstance(path, str))


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
