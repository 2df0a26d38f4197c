import type { JsonObject } from "@bufbuild/protobuf";
import { InputError } from "../../errors/input-error.js";
import { EndpointUse } from "../../gen/slipway/common/v1/endpoint_pb.js";
import { type OptionDescriptor, OptionType } from "../../gen/slipway/common/v1/option_pb.js";
import type { Driver } from "../../gen/slipway/v1/driver_pb.js";
import { withHost } from "../host.js";
import { allDrivers } from "../list-all.js";
import { jsonLine, parseListFormat } from "../output/format.js";
import { print } from "../output/print.js";
import { table } from "../output/table.js";

/** `slipway drivers [NAME]` */
export async function runDrivers(name: string | undefined, flags: { format: string }): Promise<void> {
  const format = parseListFormat(flags.format);
  const drivers = await withHost(allDrivers);
  const chosen = name === undefined ? drivers : drivers.filter((driver) => driver.name === name);
  if (name !== undefined && chosen.length === 0) {
    const names = drivers.map((driver) => driver.name).join(", ");
    const message = `failed to find driver ${JSON.stringify(name)}`;
    const remedy = names
      ? `Known drivers: ${names}. See also \`slipway plugins\`.`
      : "No plugin provides a driver. See `slipway plugins`.";
    throw new InputError({ reason: "DRIVER_UNKNOWN", field: "NAME", message, remedy });
  }
  if (format === "json") print(chosen.map((driver) => jsonLine(driverJson(driver))).join(""));
  else if (name === undefined) print(driversTable(drivers));
  else print(describeDriver(chosen[0]!));
}

function driversTable(drivers: readonly Driver[]): string {
  const rows = drivers.map(({ name, plugin, options, title }) => [
    name,
    plugin,
    String(options.length),
    title,
  ]);
  return table(["NAME", "PLUGIN", "OPTIONS", "TITLE"], rows);
}

function describeDriver(driver: Driver): string {
  const { name, title, description, plugin, capabilities, endpoint, options } = driver;
  const uses: Record<number, string> = {
    [EndpointUse.REQUIRED]: "required",
    [EndpointUse.FORBIDDEN]: "none",
  };
  const use = uses[endpoint?.use ?? 0] ?? "optional";
  const schemes = endpoint?.schemes.length ? ` (${endpoint.schemes.map((s) => `${s}://`).join(", ")})` : "";
  const lines = [
    `Name:         ${name}`,
    `Title:        ${title}`,
    `Plugin:       ${plugin}`,
    `Capabilities: ${capabilities.map(({ id }) => id).join(", ")}`,
    `Endpoint:     ${use}${schemes}${endpoint?.description ? `; ${endpoint.description}` : ""}`,
    ...(description ? ["", description] : []),
    ...Object.entries(settingsOf(driver)).flatMap(([id, settings]) => ["", describeSettings(id, settings)]),
    "",
  ];
  if (options.length === 0) return `${lines.join("\n")}\nIt has no options.\n`;
  const rows = options.map((option) => [option.name, typeName(option), option.defaultValue, explain(option)]);
  return `${lines.join("\n")}\n${table(["OPTION", "TYPE", "DEFAULT", "DESCRIPTION"], rows)}`;
}

/** The settings of a driver's capabilities by id, those of third parties too. */
function settingsOf({ capabilities, nativeBuild }: Driver): Record<string, JsonObject> {
  const free = capabilities.flatMap(({ id, settings }) => (settings ? [[id, settings] as const] : []));
  return {
    ...(nativeBuild && { "build.native": { fields: nativeBuild.fields, outputs: nativeBuild.outputs } }),
    ...Object.fromEntries(free),
  };
}

/** The settings of a capability, one per line: "build.native outputs: oci, local". */
function describeSettings(id: string, settings: JsonObject): string {
  return Object.entries(settings)
    .map(
      ([name, value]) => `${id} ${name}: ${Array.isArray(value) ? value.join(", ") : JSON.stringify(value)}`,
    )
    .join("\n");
}

function typeName(option: OptionDescriptor): string {
  if (option.type === OptionType.ENUM) return option.allowedValues.join("|");
  return (OptionType[option.type] ?? "STRING").toLowerCase();
}

function explain({ description, required, sensitive, deprecation }: OptionDescriptor): string {
  const notes = [
    required ? "required" : "",
    sensitive ? "secret" : "",
    deprecation && `deprecated: ${deprecation}`,
  ];
  const note = notes.filter(Boolean).join(", ");
  return note ? `${description} (${note})` : description;
}

function driverJson(driver: Driver): object {
  const {
    name,
    title,
    description,
    plugin,
    capabilities,
    endpoint,
    options,
    environmentVariables,
    priority,
  } = driver;
  return {
    Name: name,
    Title: title,
    Description: description,
    Plugin: plugin,
    Priority: priority,
    Capabilities: capabilities.map(({ id }) => id),
    CapabilitySettings: settingsOf(driver),
    Endpoint: {
      Use: EndpointUse[endpoint?.use ?? 0],
      Schemes: endpoint?.schemes,
      Description: endpoint?.description,
    },
    EnvironmentVariables: environmentVariables,
    Options: options.map((option) => ({
      Name: option.name,
      Type: typeName(option),
      Default: option.defaultValue,
      Required: option.required,
      Sensitive: option.sensitive,
      Deprecation: option.deprecation,
      Description: option.description,
    })),
  };
}
