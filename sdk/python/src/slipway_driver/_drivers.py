"""The drivers of a plugin."""

import re
from collections.abc import Sequence

from slipway_driver._check import refusal, validate
from slipway_driver._config import Config
from slipway_driver._driver import AnyDriver, NativeDriver
from slipway_driver._image_store import ImageStore
from slipway_driver._errors import Code, DriverError, invalid_request
from slipway_driver._messages import Descriptor, config_version, has_capability
from slipway_driver._values import normal_form

_METHODS = {"builders.implicit": "implicit_builders", "builders.stop": "stop"}


class Drivers:
    """Finds drivers by name. Raises ValueError for invalid ones, so that a plugin fails at its start and not in a call."""

    def __init__(self, drivers: Sequence[AnyDriver]):
        if not drivers:
            raise ValueError("a plugin needs at least one driver")
        self._drivers: dict[str, AnyDriver] = {}
        self.descriptors: list[Descriptor] = []
        for driver in drivers:
            name = driver.descriptor.name
            if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
                raise ValueError(f'"{name}" is not a driver name: use lower case letters, digits and dashes')
            if name in self._drivers:
                raise ValueError(f"two drivers have the name {name}")
            self._drivers[name] = driver
            self.descriptors.append(_complete(driver))

    def get(self, name: str) -> AnyDriver:
        """Finds a driver. Raises NOT_FOUND."""
        if driver := self._drivers.get(name):
            return driver
        message = f'This plugin has no driver "{name}", only {", ".join(sorted(self._drivers))}.'
        raise DriverError(Code.NOT_FOUND, "DRIVER_UNKNOWN", message)

    def node(self, request) -> tuple[AnyDriver, Config]:
        """The driver of a call, and the node's configuration in normal form. Raises NOT_FOUND or INVALID_ARGUMENT."""
        driver = self.get(request.driver)
        need_config(request)
        config, found = validate(driver, request.config)
        if config is None:
            raise refusal(found)
        return driver, config

    def get_with(self, name: str, method: str, call: str) -> AnyDriver:
        """Finds a driver that implements a method. Raises UNIMPLEMENTED."""
        driver = self.get(name)
        if driver.implements(method):
            return driver
        capability = next(one for one, its_method in _METHODS.items() if its_method == method)
        raise capability_missing(name, call, capability)


def need_config(request) -> None:
    """Raises INVALID_ARGUMENT for a call without a configuration."""
    if not request.HasField("config"):
        raise invalid_request("config", "CONFIG_MISSING", "The node's configuration is missing.")


def capability_missing(driver: str, call: str, capability: str) -> DriverError:
    """UNIMPLEMENTED for a call that the driver does not implement."""
    message = f"The driver {driver} does not implement {call}: it lacks the capability {capability}."
    return DriverError(Code.UNIMPLEMENTED, "CAPABILITY_MISSING", message, metadata={"capability": capability})


def _complete(driver: AnyDriver) -> Descriptor:
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
    is_native = isinstance(driver, NativeDriver)
    if is_native != descriptor.HasField("native_build"):
        raise ValueError(
            f"the driver {descriptor.name} must have both or neither of native_build in its descriptor and NativeDriver"
        )
    implemented = {capability: driver.implements(method) for capability, method in _METHODS.items()}
    implemented |= {
        "image-store": driver.image_store is not None,
        "image-store.layers": finds_layers(driver.image_store),
        "build.native": is_native,
        "tunnel": not is_native,
    }
    for capability, is_implemented in implemented.items():
        listed = has_capability(descriptor, capability)
        if listed and not is_implemented:
            raise ValueError(f"the driver {descriptor.name} lists the capability {capability} and does not implement it")
        if is_implemented and not listed:
            descriptor.capabilities.add(id=capability)
    return descriptor


def finds_layers(store: ImageStore | None) -> bool:
    """Whether a store has the capability "image-store.layers"."""
    return store is not None and type(store).find_layers is not ImageStore.find_layers
