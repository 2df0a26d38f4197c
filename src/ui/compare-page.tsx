import { api } from "./api.js";
import { list } from "./build-facts.js";
import { type Inputs, inputsOf, inputsOfRecord } from "./build-inputs.js";
import type { Step } from "./build-model.js";
import { compare, differenceOf, type InputDifference } from "./compare.js";
import { useBuildModel } from "./follow-build.js";
import { dateTime, duration } from "./format.js";
import { entryOfBuild, entryOfRecord, type ListEntry, readKey } from "./list-entry.js";
import { useChanges } from "./observable.js";
import { BuildBadge, ProblemPanel } from "./parts.js";
import { linkTo } from "./route.js";
import { usePoll } from "./use-poll.js";
import { useTitle } from "./use-title.js";

/** How often the builds are read, in milliseconds. */
const readMs = 10_000;

/** Two builds side by side, by the keys of their entries. */
export function ComparePage({ earlier, later }: { earlier: string; later: string }) {
  useTitle("Compare builds");
  const [left, right] = [useBuildModel(earlier), useBuildModel(later)];
  useChanges(left.model);
  useChanges(right.model);
  const { value, problem } = usePoll(
    `${earlier} ${later}`,
    (signal) => Promise.all([readBuild(earlier, signal), readBuild(later, signal)]),
    readMs,
  );
  return (
    <>
      <p class="up">
        <a href={linkTo("builds")}>Builds</a>
      </p>
      <h1>Compare builds</h1>
      <ProblemPanel problem={problem ?? left.problem ?? right.problem} />
      {value && <Compared builds={value} steps={[left.model.ordered(), right.model.ordered()]} />}
    </>
  );
}

/** A build, and what it was asked for. */
interface Read {
  entry: ListEntry;
  inputs: Inputs;
}

async function readBuild(key: string, signal: AbortSignal): Promise<Read> {
  const { record: name } = readKey(key);
  if (name) {
    const { record } = await api.history.getHistoryRecord(name, { signal });
    return { entry: entryOfRecord(record!), inputs: inputsOfRecord(record!) };
  }
  const { build } = await api.builds.getBuild({ id: key }, { signal });
  return { entry: entryOfBuild(build!), inputs: build!.spec ? inputsOf(build!.spec) : new Map() };
}

interface ComparedProps {
  builds: readonly [Read, Read];
  steps: readonly [readonly Step[], readonly Step[]];
}

function Compared({ builds: [left, right], steps }: ComparedProps) {
  const side = ({ entry, inputs }: Read, steps: readonly Step[]) => ({
    steps,
    inputs,
    builder: entry.builder,
  });
  const { pairs, first, inputs } = compare(side(left, steps[0]), side(right, steps[1]));
  return (
    <>
      <p role="status">
        {first ? (
          <>
            {"The first step that differs is "}
            <code>{first.name}</code>
            {`: ${first.difference}. ${first.reason}`}
          </>
        ) : (
          "No step differs."
        )}
      </p>
      <table class="compare">
        <caption class="hidden">Steps of both builds</caption>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <BuildHead entry={left.entry} />
            <BuildHead entry={right.entry} />
            <th scope="col">Difference</th>
          </tr>
        </thead>
        <tbody>
          {pairs.map(({ name, left, right }, index) => (
            <tr
              key={index}
              class={first && right === first.right && left === first.left ? "match current" : ""}
            >
              <th scope="row">
                <code>{name}</code>
              </th>
              <td class="number">{timeOf(left)}</td>
              <td class="number">{timeOf(right)}</td>
              <td>{differenceOf(left, right)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <InputDifferences inputs={inputs} />
    </>
  );
}

function InputDifferences({ inputs }: { inputs: readonly InputDifference[] }) {
  return (
    <section aria-labelledby="inputs">
      <h2 id="inputs">Inputs</h2>
      {inputs.length === 0 ? (
        <p class="empty">Both builds have the same inputs.</p>
      ) : (
        <table>
          <caption class="hidden">Inputs that differ</caption>
          <thead>
            <tr>
              <th scope="col">Input</th>
              <th scope="col">Only the earlier build</th>
              <th scope="col">Only the later build</th>
            </tr>
          </thead>
          <tbody>
            {inputs.map(({ name, left, right }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{list(left)}</td>
                <td>{list(right)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function BuildHead({ entry: { link, name, state, start } }: { entry: ListEntry }) {
  return (
    <th scope="col" class="number">
      <a href={link}>{name}</a>
      <br />
      <BuildBadge state={state} />
      <br />
      {dateTime(start)}
    </th>
  );
}

function timeOf(step: Step | undefined): string {
  if (!step) return "–";
  if (step.state === "cached") return "cached";
  if (step.start === undefined || step.end === undefined) return step.state;
  return `${step.state === "failed" ? "failed, " : ""}${duration(step.end - step.start)}`;
}
