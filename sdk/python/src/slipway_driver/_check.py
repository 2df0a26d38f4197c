"""The check of configurations against a driver's descriptor."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping

from slipway_driver._config import Config
from slipway_driver._errors import Code, DriverError, Field
from slipway_driver._messages import Diagnostic, NodeConfig, Severity, SeverityValue
from slipway_driver._node import check_daemon, check_endpoint
from slipway_driver._options import check_options

if typing.TYPE_CHECKING:
    from slipway_driver._driver import AnyDriver


class Findings:
    """What a check reports."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def error(self, field: str, reason: str, message: str, remedy: str = "") -> None:
        """Reports what makes the request unusable.

        :param field: the path of the field
        """
        self._report(Severity.ERROR, field, reason, message, remedy)

    def warn(self, field: str, reason: str, message: str, remedy: str = "") -> None:
        """Reports what a user should know about a usable request."""
        self._report(Severity.WARNING, field, reason, message, remedy)

    def failed(self, field: str) -> bool:
        """Whether an error was reported for the field."""
        return any(one.field == field and one.severity == Severity.ERROR for one in self._found)

    def _report(self, severity: SeverityValue, field: str, reason: str, message: str, remedy: str) -> None:
        self._found.append(
            Diagnostic(severity=severity, field=field, reason=reason, message=message, remedy=remedy)
        )


class Check(Findings):
    """The check of one configuration. Findings have paths in NodeConfig, such as ``options[memory]``, and no values of
    sensitive options."""

    def __init__(self, config: Config, environment: Mapping[str, str]):
        super().__init__()
        self.config = config
        """The configuration in normal form, as far as its parts are valid; it may be changed."""
        self.environment = environment
        """Those of the descriptor's environment_variables that the user has set; empty before other calls."""


def validate(
    driver: AnyDriver, given: NodeConfig, environment: Mapping[str, str] | None = None
) -> tuple[Config | None, list[Diagnostic]]:
    """Checks a configuration against the driver's descriptor and with its own ``validate``.

    Returns the normal form, or None when a finding is an error, and all findings. The SDK calls it for each request; a
    driver needs it for configurations from elsewhere, such as those of its implicit builders.
    """
    check = Check(Config(given), environment or {})
    descriptor = driver.descriptor
    title = f"The driver {descriptor.name}"
    check_options(check, descriptor.options, title)
    check_endpoint(check, descriptor, title)
    check_daemon(check, descriptor, title)
    driver.validate(check)
    usable = all(one.severity != Severity.ERROR for one in check._found)
    return check.config if usable else None, check._found


def upgrade(driver: AnyDriver, given: NodeConfig, from_version: int) -> tuple[Config | None, list[Diagnostic]]:
    """Has the driver change a stored configuration of an earlier version, and returns as :func:`validate` does."""
    check = Check(Config(given), {})
    driver.upgrade_config(check, from_version)
    check.config.builder, check.config.node = given.builder, given.node
    config, found = validate(driver, check.config.message())
    failed = any(one.severity == Severity.ERROR for one in check._found)
    return None if failed else config, check._found + found


def refusal(found: Iterable[Diagnostic]) -> DriverError:
    """The error of a call with an invalid configuration."""
    errors = [one for one in found if one.severity == Severity.ERROR]
    first = errors[0]
    fields = [Field(f"config.{one.field}", one.message, one.reason) for one in errors]
    return DriverError(Code.INVALID_ARGUMENT, first.reason, first.message, first.remedy, fields)
