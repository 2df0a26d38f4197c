import type { JsonObject } from "@bufbuild/protobuf";
import { InputError } from "../../errors/input-error.js";
import { EndpointUse, type OptionDescriptor, OptionType } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { Driver } from "../../gen/slipway/v1/driver_pb.js";
import { withHost } from "../host.js";
import { jsonLine, parseListFormat } from "../output/format.js";
import { table } from "../output/table.js";

/** `slipway drivers [NAME]` */
export async function runDrivers(name: string | undefined, flags: { format: string }): Promise<void> {
  const format = parseListFormat(flags.format);
  const { drivers } = await withHost((host) => host.drivers.listDrivers({}));
  const chosen =
    name === undefined ? drivers : drivers.filter(({ driverDescriptor }) => driverDescriptor?.name === name);
  if (name !== undefined && chosen.length === 0) {
    const names = drivers.map(({ driverDescriptor }) => driverDescriptor?.name).join(", ");
    const message = `failed to find driver ${JSON.stringify(name)}`;
    const remedy = names
      ? `Known drivers: ${names}. See also \`slipway plugins\`.`
      : "No plugin provides a driver. See `slipway plugins`.";
    throw new InputError({ reason: "DRIVER_UNKNOWN", field: "NAME", message, remedy });
  }
  if (format === "json") process.stdout.write(chosen.map((driver) => jsonLine(driverJson(driver))).join(""));
  else if (name === undefined) process.stdout.write(driversTable(drivers));
  else process.stdout.write(describeDriver(chosen[0]!));
}

function driversTable(drivers: readonly Driver[]): string {
  const rows = drivers.map(({ driverDescriptor: descriptor, plugin }) => [
    descriptor!.name,
    plugin,
    String(descriptor!.options.length),
    descriptor!.title,
  ]);
  return table(["NAME", "PLUGIN", "OPTIONS", "TITLE"], rows);
}

function describeDriver({ driverDescriptor: descriptor, plugin }: Driver): string {
  const { name, title, description, capabilities, endpoint, options } = descriptor!;
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
    ...capabilities.flatMap(({ id, settings }) => (settings ? ["", describeSettings(id, settings)] : [])),
    "",
  ];
  if (options.length === 0) return `${lines.join("\n")}\nIt has no options.\n`;
  const rows = options.map((option) => [option.name, typeName(option), option.defaultValue, explain(option)]);
  return `${lines.join("\n")}\n${table(["OPTION", "TYPE", "DEFAULT", "DESCRIPTION"], rows)}`;
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

function driverJson({ driverDescriptor: descriptor, plugin }: Driver): object {
  const { name, title, description, capabilities, endpoint, options, environmentVariables, priority } =
    descriptor!;
  return {
    Name: name,
    Title: title,
    Description: description,
    Plugin: plugin,
    Priority: priority,
    Capabilities: capabilities.map(({ id }) => id),
    CapabilitySettings: Object.fromEntries(
      capabilities.flatMap(({ id, settings }) => (settings ? [[id, settings]] : [])),
    ),
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
