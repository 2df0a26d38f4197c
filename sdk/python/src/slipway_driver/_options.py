"""The check of options against a driver's schema."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable

from slipway_driver._messages import Option
from slipway_driver._values import normal_form

if typing.TYPE_CHECKING:
    from slipway_driver._check import Check


def check_options(check: Check, schema: Iterable[Option], title: str) -> None:
    """Replaces the options by their normal form, with defaults; what is wrong is reported and left out."""
    schema = list(schema)
    given, options = check.config.options, {}
    for name, value in sorted(given.items()):
        field = f"options[{name}]"
        option = _find_option(schema, name)
        if option is None:
            check.error(field, "OPTION_UNKNOWN", f'{title} has no option "{name}".', _known(schema, name))
            continue
        if option.deprecation:
            check.warn(field, "OPTION_DEPRECATED", f"The driver option {name} is deprecated.", option.deprecation)
        if not value and option.required:
            continue  # Reported as missing below.
        try:
            options[name] = normal_form(option, value)
        except ValueError as error:
            shown = "" if option.sensitive else f' "{value}"'
            message = f"The value{shown} of the driver option {name} cannot be used: {error}."
            check.error(field, "OPTION_INVALID", message, _correction(name, str(error)))
    for option in schema:
        if option.name.endswith(".*") or given.get(option.name):
            continue
        if option.default_value:
            options.setdefault(option.name, option.default_value)
        elif option.required:
            message = f"The driver option {option.name} is missing. {option.description}".strip()
            remedy = f"Set the driver option {option.name}."
            check.error(f"options[{option.name}]", "OPTION_REQUIRED", message, remedy)
    check.config.options = options


def _find_option(schema: list[Option], name: str) -> Option | None:
    """An exact name wins over a prefix, and a longer prefix over a shorter one."""
    found = [
        option
        for option in schema
        if option.name == name
        or option.name.endswith(".*")
        and name.startswith(option.name[:-1])
        and len(name) >= len(option.name)
    ]
    return max(found, key=lambda option: (option.name == name, len(option.name)), default=None)


def _correction(name: str, why: str) -> str:
    """The remedy for a value that cannot be used. A clause "expected …" names the values that can."""
    if why.startswith("expected "):
        return f"Set the driver option {name} to {why.removeprefix('expected ')}."
    return f"Correct the driver option {name}."


def _known(schema: list[Option], name: str) -> str:
    names = [option.name for option in schema]
    if not names:
        return "It has no options."
    known = f"Known options: {', '.join(names)}."
    lower = {one.lower(): one for one in names}
    near = difflib.get_close_matches(name.lower(), lower, n=1)
    return f"Did you mean {lower[near[0]]}? {known}" if near else known
