import { useState } from "preact/hooks";
import { EndpointUse } from "../gen/slipway/common/v1/endpoint_pb.js";
import type { OptionDescriptor } from "../gen/slipway/common/v1/option_pb.js";
import type { Driver } from "../gen/slipway/v1/driver_pb.js";
import { api } from "./api.js";
import { choicesOf, type Finding, isAbout, isPrefix, optionsOf } from "./builder-form.js";
import { type ControlAttributes, Field } from "./field.js";
import { allOf } from "./page-through.js";
import { ProblemPanel } from "./parts.js";
import { linkTo } from "./route.js";
import { type Checked, useFindings, whatIsWrong } from "./use-findings.js";
import { usePoll } from "./use-poll.js";
import { useTitle } from "./use-title.js";

/** How often the drivers are read, in milliseconds. */
const listMs = 60_000;

/** Creates a builder. */
export function NewBuilderPage() {
  useTitle("New builder");
  const { value, problem } = usePoll(
    "creating drivers",
    (signal) =>
      allOf(
        (pageToken) => api.plugins.listDrivers({ pageToken }, { signal }),
        ({ drivers }) => drivers,
      ),
    listMs,
  );
  const drivers = value?.filter(({ capabilities }) =>
    capabilities.some(({ id }) => id === "builders.create"),
  );
  const [chosen, choose] = useState("");
  const driver = drivers?.find(({ name }) => name === chosen) ?? drivers?.[0];
  return (
    <>
      <p class="up">
        <a href={linkTo("builders")}>Builders</a>
      </p>
      <h1>New builder</h1>
      <ProblemPanel problem={problem} />
      {drivers && driver && (
        <>
          <div class="filters">
            <label>
              Driver
              <select value={driver.name} onChange={({ currentTarget }) => choose(currentTarget.value)}>
                {drivers.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
          </div>
          <p>{driver.description}</p>
          <BuilderForm key={driver.name} driver={driver} />
        </>
      )}
    </>
  );
}

/** The fields of a driver's nodes. What is wrong with a field is shown from its first change on. */
function BuilderForm({ driver }: { driver: Driver }) {
  const [name, setName] = useState("");
  const [endpoint, setEndpoint] = useState("");
  const [typed, setTyped] = useState<ReadonlyMap<string, string>>(new Map());
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  // What was refused, and why: one may have typed since.
  const [refused, setRefused] = useState<{ request: string; why: Checked }>();
  const request = {
    name,
    driver: driver.name,
    node: { endpoint, options: optionsOf(driver.options, typed) },
  };
  const checked = useFindings(request);
  const text = JSON.stringify(request);
  const { findings, problem } = refused?.request === text ? refused.why : checked;
  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    setBusy(true);
    try {
      await api.builders.createBuilder({ ...request, requestId: crypto.randomUUID() });
      location.hash = linkTo("builders");
    } catch (cause) {
      setRefused({ request: text, why: whatIsWrong(cause) });
    } finally {
      setBusy(false);
    }
  };
  const about = (isShown: boolean, field: string) =>
    isTried || isShown ? findings.filter((finding) => finding.field === field) : [];
  const aboutOption = (option: OptionDescriptor) =>
    isTried || typed.has(option.name) ? findings.filter((finding) => isAbout(finding, option)) : [];
  const fields = ["name", "node.endpoint"];
  const others = findings.filter(
    (finding) =>
      !fields.includes(finding.field) && !driver.options.some((option) => isAbout(finding, option)),
  );
  const hasEndpoint = driver.endpoint?.use !== EndpointUse.FORBIDDEN;
  return (
    <form class="builder-form" aria-label="New builder" noValidate onSubmit={onSubmit}>
      <Field
        title="Name"
        description="Empty for a generated one."
        findings={about(name !== "", "name")}
        control={(attributes) => (
          <input {...attributes} value={name} onInput={({ currentTarget: { value } }) => setName(value)} />
        )}
      />
      {hasEndpoint && (
        <Field
          title="Endpoint"
          description={driver.endpoint?.description}
          findings={about(endpoint !== "", "node.endpoint")}
          control={(attributes) => (
            <input
              {...attributes}
              required={driver.endpoint?.use === EndpointUse.REQUIRED}
              value={endpoint}
              onInput={({ currentTarget: { value } }) => setEndpoint(value)}
            />
          )}
        />
      )}
      {driver.options.map((option) => (
        <OptionField
          key={option.name}
          option={option}
          value={typed.get(option.name) ?? ""}
          findings={aboutOption(option)}
          onChange={(value) => setTyped(new Map(typed).set(option.name, value))}
        />
      ))}
      <div class="submit">
        {others.map(({ message, remedy }, index) => (
          <p key={index} class="finding failed" role="alert">
            {`${message} ${remedy}`.trim()}
          </p>
        ))}
        <ProblemPanel problem={problem} />
        <button type="submit" class="primary" disabled={isBusy}>
          Create
        </button>
      </div>
    </form>
  );
}

/** What an option is shown with. */
interface OptionProps {
  option: OptionDescriptor;
  value: string;
  findings: readonly Finding[];
  onChange(value: string): void;
}

function OptionField({ option, value, findings, onChange }: OptionProps) {
  const { name, description, deprecation, required } = option;
  return (
    <Field
      title={`${name}${required ? " (required)" : ""}`}
      description={[description, deprecation && `Deprecated: ${deprecation}`].filter(Boolean).join(" ")}
      findings={findings}
      control={(attributes) => (
        <OptionControl attributes={attributes} option={option} value={value} onChange={onChange} />
      )}
    />
  );
}

function OptionControl({
  attributes,
  option,
  value,
  onChange,
}: Omit<OptionProps, "findings"> & { attributes: ControlAttributes }) {
  const { defaultValue, sensitive, required, allowedValues } = option;
  const onInput = (event: Event) => onChange((event.currentTarget as HTMLInputElement).value);
  const choices = choicesOf(option);
  if (choices)
    return (
      <select {...attributes} value={value} onChange={onInput}>
        <option value="">{defaultValue ? `default: ${defaultValue}` : ""}</option>
        {choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  if (isPrefix(option))
    return <textarea {...attributes} rows={3} placeholder="NAME=value" value={value} onInput={onInput} />;
  if (sensitive)
    return <input {...attributes} type="password" autoComplete="off" value={value} onInput={onInput} />;
  const list = allowedValues.length > 0 ? `${attributes.id}-values` : undefined;
  return (
    <>
      <input
        {...attributes}
        autoComplete="off"
        required={required}
        placeholder={defaultValue}
        // With a list it is a combobox.
        list={list as string}
        value={value}
        onInput={onInput}
      />
      {list && (
        <datalist id={list}>
          {allowedValues.map((allowed) => (
            <option key={allowed} value={allowed} />
          ))}
        </datalist>
      )}
    </>
  );
}
