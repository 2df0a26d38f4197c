"""The drivers of a plugin."""

import re
from collections.abc import Sequence

from slipway_driver._driver import Driver
from slipway_driver._errors import Code, DriverError
from slipway_driver._messages import Descriptor, config_version, has_capability
from slipway_driver._values import normal_form

_METHODS = {"builders.implicit": "implicit_builders", "builders.stop": "stop"}


class Drivers:
    """Finds drivers by name. Raises ValueError for invalid ones, so that a plugin fails at its start and not in a call."""

    def __init__(self, drivers: Sequence[Driver]):
        if not drivers:
            raise ValueError("a plugin needs at least one driver")
        self._drivers: dict[str, Driver] = {}
        self.descriptors: list[Descriptor] = []
        for driver in drivers:
            name = driver.descriptor.name
            if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
                raise ValueError(f'"{name}" is not a driver name: use lower case letters, digits and dashes')
            if name in self._drivers:
                raise ValueError(f"two drivers have the name {name}")
            self._drivers[name] = driver
            self.descriptors.append(_complete(driver))

    def get(self, name: str) -> Driver:
        """Finds a driver. Raises NOT_FOUND."""
        if driver := self._drivers.get(name):
            return driver
        message = f'This plugin has no driver "{name}", only {", ".join(sorted(self._drivers))}.'
        raise DriverError(Code.NOT_FOUND, "DRIVER_UNKNOWN", message)

    def get_with(self, name: str, method: str, call: str) -> Driver:
        """Finds a driver that implements a method. Raises UNIMPLEMENTED."""
        driver = self.get(name)
        if driver.implements(method):
            return driver
        capability = next(one for one, its_method in _METHODS.items() if its_method == method)
        message = f"The driver {name} does not implement {call}: it lacks the capability {capability}."
        raise DriverError(Code.UNIMPLEMENTED, "CAPABILITY_MISSING", message, metadata={"capability": capability})


def _complete(driver: Driver) -> Descriptor:
    """Adds the capabilities that the driver's methods show."""
    descriptor = Descriptor()
    descriptor.CopyFrom(driver.descriptor)
    for option in descriptor.options:
        if not option.default_value:
            continue
        where = f"the default of the option {option.name} of the driver {descriptor.name} cannot be used"
        try:
            normal = normal_form(option, option.default_value)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
        if normal != option.default_value:
            raise ValueError(f"{where}: its normal form is {normal}")
    if driver.implements("upgrade_config") != (config_version(descriptor) > 1):
        raise ValueError(
            f"the driver {descriptor.name} must have both or neither of a config_version above 1 and upgrade_config"
        )
    for capability, method in _METHODS.items():
        listed, implemented = has_capability(descriptor, capability), driver.implements(method)
        if listed and not implemented:
            raise ValueError(f"the driver {descriptor.name} lists the capability {capability} and lacks {method}")
        if implemented and not listed:
            descriptor.capabilities.add(id=capability)
    if not has_capability(descriptor, "tunnel"):
        descriptor.capabilities.add(id="tunnel")
    return descriptor
