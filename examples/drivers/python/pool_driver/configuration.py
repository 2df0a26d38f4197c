"""The descriptor, the checks of configurations, and the file with implicit builders."""

import tomllib
from pathlib import Path

from slipway_driver import (
    CREATE_BUILDERS,
    Check,
    Config,
    Descriptor,
    Driver,
    EndpointUse,
    ImplicitBuilders,
    NodeConfig,
    OptionType,
    Severity,
    validate,
)

from pool_driver.members import parse_member

NAME = "pool"
CONFIG_VARIABLE = "SLIPWAY_POOL_CONFIG"

DESCRIPTOR = Descriptor(
    name=NAME,
    title="Several BuildKit daemons as one builder",
    description=(
        "Builds on a member of a list that answers. Builds with the same affinity use the same member while it "
        "answers. The driver creates and removes nothing. Builders can also be listed in a TOML file, "
        f"$XDG_CONFIG_HOME/slipway/pool.toml or ${CONFIG_VARIABLE}."
    ),
    capabilities=[{"id": CREATE_BUILDERS}],
    endpoint={"use": EndpointUse.FORBIDDEN, "description": "The option members has the daemons."},
    options=[
        {
            "name": "members",
            "type": OptionType.STRING,
            "required": True,
            "description": "The daemons, separated by commas: tcp://host:port or unix:///path.",
        },
        {
            "name": "timeout",
            "type": OptionType.INT,
            "default_value": "5",
            "description": "Seconds that a member may take to answer before the next one is tried.",
        },
    ],
    environment_variables=[CONFIG_VARIABLE, "XDG_CONFIG_HOME", "HOME"],
    priority=95,
)


def check_configuration(check: Check) -> None:
    """Checks what the descriptor does not express."""
    config, description = check.config, DESCRIPTOR.options[0].description
    given = [text for text in config.options.get("members", "").split(",") if text]
    members = []
    for text in given:
        try:
            members.append(parse_member(text))
        except ValueError as error:
            message = f'The member "{text}" cannot be used: {error}.'
            check.error("options[members]", "OPTION_INVALID", message, description)
    if not given and not check.failed("options[members]"):
        check.error("options[members]", "OPTION_REQUIRED", f"The driver {NAME} needs members.", description)
    config.options["members"] = ",".join(dict.fromkeys(members))
    if not check.failed("options[timeout]") and not 0 < config.int("timeout") <= 3600:
        message = f"The driver option timeout is {config.int('timeout')}: expected seconds from 1 to 3600."
        check.error("options[timeout]", "OPTION_INVALID", message)


def implicit_builders(driver: Driver, environment: dict[str, str]) -> ImplicitBuilders:
    """The builders of the user's file. Invalid ones are reported, and the others are listed."""
    response = ImplicitBuilders()
    path = _config_path(environment)

    def report(field: str, message: str) -> None:
        response.diagnostics.add(
            severity=Severity.ERROR, reason="POOL_CONFIG_INVALID", field=field, message=message
        )

    try:
        text = path.read_text() if path else ""
        builders = tomllib.loads(text).get("builders", {})
    except FileNotFoundError:
        if CONFIG_VARIABLE in environment:
            report(CONFIG_VARIABLE, f"The file {path} does not exist.")
        return response
    except (OSError, ValueError) as error:
        report(str(path), f"The file {path} cannot be read: {error}.")
        return response
    for name, table in builders.items():
        given = NodeConfig(builder=name, node=name)
        for option, value in table.items() if isinstance(table, dict) else ():
            given.options[option] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        config, found = validate(driver, given)
        if config is None:
            report(f"builders.{name}", f"{path}: {' '.join(one.message for one in found)}")
        else:
            description = f"Pool of {len(members_of(config))}, from {path}"
            response.builders.add(config=config.message(), description=description)
    return response


def _config_path(environment: dict[str, str]) -> Path | None:
    if given := environment.get(CONFIG_VARIABLE):
        return Path(given)
    if folder := environment.get("XDG_CONFIG_HOME"):
        return Path(folder, "slipway/pool.toml")
    return Path(environment["HOME"], ".config/slipway/pool.toml") if environment.get("HOME") else None


def members_of(config: Config) -> list[str]:
    """The members of a normalized configuration."""
    return config.options["members"].split(",")
