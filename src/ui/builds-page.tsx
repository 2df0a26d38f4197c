import { useMemo, useRef, useState } from "preact/hooks";
import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import { api } from "./api.js";
import { CancelButton } from "./cancel-button.js";
import { ago, dateTime, duration, queueText, words } from "./format.js";
import { entriesOf, type ListEntry } from "./list-entry.js";
import { BuildBadge, isOpen, OwnerView, ProblemPanel } from "./parts.js";
import { type Trend, trendsOf } from "./trend.js";
import { TrendView } from "./trend-cell.js";
import { useHistory } from "./use-history.js";
import { useNow } from "./use-now.js";
import { usePoll } from "./use-poll.js";
import { useTitle } from "./use-title.js";

/** How often the list is read, in milliseconds. */
const listMs = 2000;
/** How many builds are added at a time, and what the host gives at most. */
const step = 50;
const most = 500;

const states = [
  BuildState.QUEUED,
  BuildState.PENDING,
  BuildState.RUNNING,
  BuildState.SUCCEEDED,
  BuildState.FAILED,
  BuildState.CANCELED,
];

/** What the filter by owner calls builds that were not started by the host. */
const others = "other clients";

/** The builds of the host and those that BuildKit remembers of other clients, the newest first. */
export function BuildsPage() {
  useTitle("Builds");
  const [limit, setLimit] = useState(step);
  const [text, setText] = useState("");
  const [state, setState] = useState("");
  const [builder, setBuilder] = useState("");
  const [owner, setOwner] = useState("");
  const { value, problem, refresh } = usePoll(
    JSON.stringify([limit, text, state, builder, owner]),
    (signal) => {
      const states = state ? [Number(state) as BuildState] : [];
      const wanted = { states, builder, name: text, owner: owner === others ? "" : owner };
      return api.builds.listBuilds({ pageSize: limit, ...wanted }, { signal });
    },
    listMs,
  );
  const builders = usePoll("builders", (signal) => api.builders.listBuilders({}, { signal }), 30_000);
  const names = builders.value?.builders.map(({ name }) => name) ?? [];
  const recordLimit = limit + step;
  const histories = useHistory(builder ? [builder] : names, recordLimit);
  const builds = (owner !== others && value?.builds) || [];
  // Records are shown with the next answer about the builds, which has those of the host among them.
  const records = useMemo(() => [...histories.values()].flat(), [value]);
  const hasOlder = owner !== others && value?.nextPageToken !== "";
  const hasOlderRecords = [...histories.values()].some(({ length }) => length === recordLimit);
  const entries = entriesOf({ builds, hasOlder }, records);
  const trends = trendsOf(entries);
  const owners = useRef(new Set<string>()).current;
  for (const entry of entries) owners.add(entry.owner || others);
  const found = entries.filter(
    (entry) =>
      isNamed(entry, text.toLowerCase()) &&
      (!state || entry.state === Number(state)) &&
      (!builder || entry.builder === builder) &&
      (!owner || (entry.owner || others) === owner),
  );
  const now = useNow(found.some(({ state }) => isOpen(state)));
  const input = (set: (value: string) => void) => (event: Event) =>
    set((event.currentTarget as HTMLInputElement).value);
  return (
    <>
      <h1>Builds</h1>
      <search class="filters">
        <label>
          Name
          <input type="search" value={text} onInput={input(setText)} />
        </label>
        <label>
          State
          <select value={state} onChange={input(setState)}>
            <option value="">all</option>
            {states.map((state) => (
              <option key={state} value={state}>
                {words(BuildState[state])}
              </option>
            ))}
          </select>
        </label>
        <label>
          Builder
          <select value={builder} onChange={input(setBuilder)}>
            <option value="">all</option>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Owner
          <select value={owner} onChange={input(setOwner)}>
            <option value="">all</option>
            {[...owners].sort().map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </search>
      <ProblemPanel problem={problem} />
      {found.length > 0 && (
        <table class="list">
          <caption class="hidden">Builds, the newest first</caption>
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Name</th>
              <th scope="col" class="wide">
                Builder
              </th>
              <th scope="col" class="wide">
                Owner
              </th>
              <th scope="col" class="wide">
                Started
              </th>
              <th scope="col" class="wide number">
                Cached
              </th>
              <th scope="col" class="number">
                Duration
              </th>
              <th scope="col" class="wide">
                Trend
              </th>
              <th scope="col">
                <span class="hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {found.map((entry) => (
              <Row key={entry.key} entry={entry} trend={trends.get(entry.key)} now={now} onChange={refresh} />
            ))}
          </tbody>
        </table>
      )}
      {value && found.length === 0 && <p class="empty">No builds.</p>}
      {(hasOlder || hasOlderRecords) && value && limit < most && (
        <button type="button" onClick={() => setLimit(limit + step)}>
          Show more
        </button>
      )}
    </>
  );
}

/** As the host finds builds: by a part of the name or id. */
function isNamed({ name, build }: ListEntry, text: string): boolean {
  return name.toLowerCase().includes(text) || build?.id.includes(text) === true;
}

interface RowProps {
  entry: ListEntry;
  trend: Trend | undefined;
  now: number;
  onChange(): void;
}

function Row({ entry, trend, now, onChange }: RowProps) {
  const { state, link, name, builder, start, end, error, build } = entry;
  return (
    <tr>
      <td>
        <BuildBadge state={state} held={build?.held} />
      </td>
      <td class="name">
        <a href={link}>{name}</a>
        {build?.project && <p class="note">{`Project ${build.project}`}</p>}
        {build?.queued && <p class="note">{queueText(build.queued)}</p>}
        {error && state === BuildState.FAILED && <p class="note">{error}</p>}
      </td>
      <td class="wide">{builder}</td>
      <td class="wide">{build ? <OwnerView build={build} /> : <span class="others">{others}</span>}</td>
      <td class="wide brief">
        <time title={dateTime(start)} dateTime={new Date(start).toISOString()}>
          {ago(start, now)}
        </time>
      </td>
      <td class="wide brief portion number">
        {entry.cached !== undefined && `${Math.round(entry.cached * 100)} %`}
      </td>
      <td class="duration number">{duration((end ?? now) - start)}</td>
      <td class="wide">{trend && <TrendView trend={trend} />}</td>
      <td class="action">{build && isOpen(state) && <CancelButton build={build} onChange={onChange} />}</td>
    </tr>
  );
}
