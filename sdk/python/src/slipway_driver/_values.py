"""The values of options. Each reader returns the normal form, or raises ValueError with a clause: "expected …"."""

import os.path
import re
from collections.abc import Callable
from fractions import Fraction

from slipway_driver._messages import Option, OptionType

_TRUE = {"1", "t", "T", "TRUE", "true", "True"}
_FALSE = {"0", "f", "F", "FALSE", "false", "False"}
_UNITS = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_QUANTITY = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?", re.ASCII)
# The largest number of bytes that every language represents exactly.
_MAX_BYTES = 2**53 - 1


def normal_form(option: Option, value: str) -> str:
    """The normal form of an option's value."""
    return _READERS.get(option.type, _text)(value, option)


def _text(value: str, _option: Option) -> str:
    return value


def _bool(value: str, _option: Option) -> str:
    if value in _TRUE:
        return "true"
    if value in _FALSE:
        return "false"
    raise ValueError("expected true or false")


def _int(value: str, _option: Option) -> str:
    if not re.fullmatch(r"[+-]?[0-9]+", value):
        raise ValueError("expected a whole number")
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError("the number is too large")
    return str(number)


def _bytes(value: str, _option: Option) -> str:
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([kmgtp]?)(?:i?b)?", value, re.IGNORECASE)
    if not match:
        raise ValueError('expected a number of bytes such as "512m" or "2g"')
    power = " kmgtp".index(match[2].lower()) if match[2] else 0
    number = int(Fraction(match[1]) * 1024**power)
    if number > _MAX_BYTES:
        raise ValueError("the number of bytes is too large")
    return str(number)


def parse_duration(value: str) -> int:
    """Reads what Go's time.ParseDuration reads, in nanoseconds."""
    unsigned = value[1:] if value[:1] in ("+", "-") else value
    total, end = Fraction(0), 0
    for part in _PART.finditer(unsigned):
        if part.start() != end:
            break
        total += Fraction(part[1] if part[1][-1] != "." else part[1][:-1]) * _UNITS[part[2]]
        end = part.end()
    if unsigned != "0" and (end == 0 or end != len(unsigned)) or total >= 2**63:
        raise ValueError('expected a duration such as "1m30s"')
    return int(-total if value.startswith("-") else total)


def format_duration(nanoseconds: int) -> str:
    """Writes a duration as Go's time.Duration.String does."""
    size = abs(nanoseconds)
    sign = "-" if nanoseconds < 0 else ""
    if size == 0:
        return "0s"
    for unit, one in (("ns", 1), ("µs", 1_000), ("ms", 10**6)):
        if size < one * 1000:
            return f"{sign}{_decimal(size, one)}{unit}"
    minutes, seconds = divmod(size, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(seconds, 10**9)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else f"{sign}{text}"


def _decimal(size: int, one: int) -> str:
    whole, rest = divmod(size, one)
    digits = str(rest).rjust(len(str(one)) - 1, "0").rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)


def _duration(value: str, _option: Option) -> str:
    return format_duration(parse_duration(value))


def _quantity(value: str, _option: Option) -> str:
    if not _QUANTITY.fullmatch(value):
        raise ValueError('expected a quantity such as "500m" or "2Gi"')
    return value


def _enum(value: str, option: Option) -> str:
    if value not in option.allowed_values:
        raise ValueError(f"expected one of {', '.join(option.allowed_values)}")
    return value


def _path(value: str, _option: Option) -> str:
    if not value.startswith("/"):
        raise ValueError("expected an absolute path")
    if "\0" in value:
        raise ValueError("a path cannot contain a zero byte")
    return re.sub("^//+", "/", os.path.normpath(value))


def parse_map(value: str) -> dict[str, str]:
    """Reads key=value pairs separated by commas."""
    pairs: dict[str, str] = {}
    for pair in value.split(","):
        key, separator, item = pair.partition("=")
        key = key.strip()
        if not separator or not key:
            raise ValueError("expected key=value pairs separated by commas")
        if key in pairs:
            raise ValueError(f"the key {key} is given twice")
        pairs[key] = item.strip()
    return pairs


def _map(value: str, _option: Option) -> str:
    return ",".join(f"{key}={item}" for key, item in parse_map(value).items())


_READERS: dict[int, Callable[[str, Option], str]] = {
    OptionType.BOOL: _bool,
    OptionType.INT: _int,
    OptionType.BYTES: _bytes,
    OptionType.DURATION: _duration,
    OptionType.QUANTITY: _quantity,
    OptionType.ENUM: _enum,
    OptionType.PATH: _path,
    OptionType.MAP: _map,
}
