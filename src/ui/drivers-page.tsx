import { EndpointUse } from "../gen/slipway/common/v1/endpoint_pb.js";
import { type OptionDescriptor, OptionType } from "../gen/slipway/common/v1/option_pb.js";
import type { Driver } from "../gen/slipway/v1/driver_pb.js";
import { api } from "./api.js";
import { words } from "./format.js";
import { allOf } from "./page-through.js";
import { Facts, ProblemPanel } from "./parts.js";
import { usePoll } from "./use-poll.js";
import { useTitle } from "./use-title.js";

/** How often the drivers are read, in milliseconds. */
const listMs = 30_000;

/** The drivers and the schema of their options. */
export function DriversPage() {
  useTitle("Drivers");
  const { value, problem } = usePoll(
    "drivers",
    (signal) =>
      allOf(
        (pageToken) => api.plugins.listDrivers({ pageToken }, { signal }),
        ({ drivers }) => drivers,
      ),
    listMs,
  );
  return (
    <>
      <h1>Drivers</h1>
      <ProblemPanel problem={problem} />
      {value?.map((driver) => (
        <DriverView key={driver.name} driver={driver} />
      ))}
    </>
  );
}

function DriverView({ driver }: { driver: Driver }) {
  const { name, title, description, capabilities, endpoint, options, environmentVariables, plugin } = driver;
  return (
    <section class="card" aria-labelledby={`driver-${name}`}>
      <div class="heading">
        <h2 id={`driver-${name}`}>{name}</h2>
        <span class="note">{title}</span>
      </div>
      <p>{description}</p>
      <Facts
        facts={[
          ["Plugin", plugin],
          ["Capabilities", capabilities.map(({ id }) => id).join(", ")],
          ["Endpoint", endpoint && `${words(EndpointUse[endpoint.use])}. ${endpoint.description}`],
        ]}
      />
      {environmentVariables.length > 0 && (
        <details>
          <summary>{`${environmentVariables.length} environment variables`}</summary>
          <p class="note">{environmentVariables.join(", ")}</p>
        </details>
      )}
      {options.length > 0 && (
        <details>
          <summary>{`${options.length} options`}</summary>
          <table>
            <caption class="hidden">{`Options of ${name}`}</caption>
            <thead>
              <tr>
                <th scope="col">Option</th>
                <th scope="col" class="wide">
                  Type
                </th>
                <th scope="col">Meaning</th>
              </tr>
            </thead>
            <tbody>
              {options.map((option) => (
                <OptionRow key={option.name} option={option} />
              ))}
            </tbody>
          </table>
        </details>
      )}
    </section>
  );
}

function OptionRow({ option }: { option: OptionDescriptor }) {
  const { name, type, defaultValue, required, sensitive, deprecation, description, allowedValues } = option;
  const notes = [
    required && "required",
    sensitive && "secret",
    defaultValue && `default ${defaultValue}`,
    allowedValues.length > 0 && `one of ${allowedValues.join(", ")}`,
    deprecation && `deprecated: ${deprecation}`,
  ].filter(Boolean);
  return (
    <tr>
      <th scope="row">
        <code>{name}</code>
      </th>
      <td class="wide">{words(OptionType[type])}</td>
      <td>
        {description}
        {notes.length > 0 && <p class="note">{notes.join("; ")}</p>}
      </td>
    </tr>
  );
}
