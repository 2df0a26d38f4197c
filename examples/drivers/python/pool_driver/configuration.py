"""The descriptor, Validate, and the file with implicit builders."""

import tomllib
from pathlib import Path

from slipway.driver.v1 import descriptor_pb2, diagnostic_pb2, driver_pb2, node_pb2

from pool_driver.members import parse_member

NAME = "pool"
CONFIG_VARIABLE = "SLIPWAY_POOL_CONFIG"

DESCRIPTOR = descriptor_pb2.DriverDescriptor(
    name=NAME,
    title="Several BuildKit daemons as one builder",
    description=(
        "Builds on a member of a list that answers. Builds with the same affinity use the same member while it "
        "answers. The driver creates and removes nothing. Builders can also be listed in a TOML file, "
        f"$XDG_CONFIG_HOME/slipway/pool.toml or ${CONFIG_VARIABLE}."
    ),
    capabilities=[{"id": "builders.create"}, {"id": "builders.implicit"}, {"id": "tunnel"}],
    endpoint={"use": descriptor_pb2.ENDPOINT_USE_FORBIDDEN, "description": "The option members has the daemons."},
    options=[
        {
            "name": "members",
            "type": descriptor_pb2.OPTION_TYPE_STRING,
            "required": True,
            "description": "The daemons, separated by commas: tcp://host:port or unix:///path.",
        },
        {
            "name": "timeout",
            "type": descriptor_pb2.OPTION_TYPE_INT,
            "default_value": "5",
            "description": "Seconds that a member may take to answer before the next one is tried.",
        },
    ],
    environment_variables=[CONFIG_VARIABLE, "XDG_CONFIG_HOME", "HOME"],
    priority=95,
)


def validate(given: node_pb2.NodeConfig) -> driver_pb2.ValidateResponse:
    """Checks a configuration; returns its normal form if it is valid."""
    config = node_pb2.NodeConfig()
    config.CopyFrom(given)
    found: list[diagnostic_pb2.Diagnostic] = []

    def report(reason: str, field: str, message: str, remedy: str = "") -> None:
        severity = diagnostic_pb2.SEVERITY_ERROR
        found.append(
            diagnostic_pb2.Diagnostic(severity=severity, reason=reason, field=field, message=message, remedy=remedy)
        )

    known = {option.name: option for option in DESCRIPTOR.options}
    for name in sorted(given.options):
        if name not in known:
            message = f'The driver {NAME} has no option "{name}".'
            report("OPTION_UNKNOWN", f"options[{name}]", message, f"Known options: {', '.join(known)}.")
    if config.endpoint:
        report("ENDPOINT_FORBIDDEN", "endpoint", f"The driver {NAME} does not take an endpoint.", DESCRIPTOR.endpoint.description)
    if config.daemon_flags:
        message = f"The driver {NAME} does not start a BuildKit daemon, so it cannot pass flags to one."
        report("DAEMON_FLAGS_UNSUPPORTED", "daemon_flags", message)
    for name in sorted(config.daemon_files):
        message = f"The driver {NAME} does not start a BuildKit daemon, so it cannot configure one."
        report("DAEMON_CONFIG_UNSUPPORTED", f"daemon_files[{name}]", message)

    members = []
    given_members = [text for text in given.options.get("members", "").split(",") if text]
    for text in given_members:
        try:
            members.append(parse_member(text))
        except ValueError as error:
            message = f'The member "{text}" cannot be used: {error}.'
            report("OPTION_INVALID", "options[members]", message, known["members"].description)
    if not given_members:
        report("OPTION_REQUIRED", "options[members]", f"The driver {NAME} needs members.", known["members"].description)
    config.options["members"] = ",".join(dict.fromkeys(members))

    timeout = given.options.get("timeout") or known["timeout"].default_value
    if timeout.removeprefix("+").isdecimal() and 0 < int(timeout) <= 3600:
        config.options["timeout"] = str(int(timeout))
    else:
        message = f'The value "{timeout}" of the driver option timeout cannot be used: expected seconds from 1 to 3600.'
        report("OPTION_INVALID", "options[timeout]", message)

    if found:
        return driver_pb2.ValidateResponse(diagnostics=found)
    return driver_pb2.ValidateResponse(config=config)


def implicit_builders(environment: dict[str, str]) -> driver_pb2.ListImplicitBuildersResponse:
    """The builders of the user's file. Invalid ones are reported, and the others are listed."""
    response = driver_pb2.ListImplicitBuildersResponse()
    path = _config_path(environment)

    def report(field: str, message: str) -> None:
        severity = diagnostic_pb2.SEVERITY_ERROR
        response.diagnostics.add(severity=severity, reason="POOL_CONFIG_INVALID", field=field, message=message)

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
        config = node_pb2.NodeConfig(builder=name, node=name)
        for option, value in table.items() if isinstance(table, dict) else ():
            config.options[option] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        verdict = validate(config)
        if verdict.diagnostics:
            report(f"builders.{name}", f"{path}: {' '.join(one.message for one in verdict.diagnostics)}")
        else:
            description = f"Pool of {len(members_of(verdict.config))}, from {path}"
            response.builders.add(config=verdict.config, description=description)
    return response


def _config_path(environment: dict[str, str]) -> Path | None:
    if given := environment.get(CONFIG_VARIABLE):
        return Path(given)
    if folder := environment.get("XDG_CONFIG_HOME"):
        return Path(folder, "slipway/pool.toml")
    return Path(environment["HOME"], ".config/slipway/pool.toml") if environment.get("HOME") else None


def members_of(config: node_pb2.NodeConfig) -> list[str]:
    """The members of a normalized configuration."""
    return config.options["members"].split(",")


def timeout_of(config: node_pb2.NodeConfig) -> float:
    """How long a member may take to answer, in seconds."""
    return float(config.options["timeout"])
