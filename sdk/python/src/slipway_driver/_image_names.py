"""Names of images."""

import re

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")


def full_name(text: str) -> str:
    """A name in full, as docker reads it: ``alpine`` is ``docker.io/library/alpine:latest``. Ids, and texts that are no
    names, stay as they are."""
    if _DIGEST.fullmatch(text):
        return text
    tagged, at, digest = text.partition("@")
    slash = tagged.rfind("/")
    name, colon, tag = tagged, "", ""
    if ":" in tagged[slash + 1 :]:
        name, colon, tag = tagged.rpartition(":")
    domain, path = "docker.io", name
    first, _, rest = name.partition("/")
    if rest and (re.search("[.:]", first) or first == "localhost" or first != first.lower()):
        domain, path = first, rest
    if domain == "index.docker.io":
        domain = "docker.io"
    if domain == "docker.io":
        if re.fullmatch("[a-f0-9]{64}", path):
            return text
        if "/" not in path:
            path = f"library/{path}"
    valid = _DOMAIN.fullmatch(domain) and _PATH.fullmatch(path) and len(path) <= 255
    if not valid or (colon and not _TAG.fullmatch(tag)) or (at and not _DIGEST.fullmatch(digest)):
        return text
    if not tag and not digest:
        tag = "latest"
    return f"{domain}/{path}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
