import { useState } from "preact/hooks";
import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../gen/slipway/v1/build_pb.js";
import { api } from "./api.js";
import { CancelButton } from "./cancel-button.js";
import { ago, dateTime, duration, millis, words } from "./format.js";
import { BuildBadge, isOpen, ProblemPanel } from "./parts.js";
import { linkTo } from "./route.js";
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

/** The builds, the newest first. */
export function BuildsPage() {
  useTitle("Builds");
  const [limit, setLimit] = useState(step);
  const [text, setText] = useState("");
  const [state, setState] = useState("");
  const [builder, setBuilder] = useState("");
  const { value, problem, refresh } = usePoll(
    JSON.stringify([limit, state, builder]),
    (signal) => {
      const states = state ? [Number(state) as BuildState] : [];
      return api.builds.listBuilds({ pageSize: limit, states, builder }, { signal });
    },
    listMs,
  );
  const builders = usePoll("builders", (signal) => api.builders.listBuilders({}, { signal }), 30_000);
  const found = (value?.builds ?? []).filter(({ displayName, owner }) =>
    `${displayName}\n${owner}`.toLowerCase().includes(text.toLowerCase()),
  );
  const now = useNow(found.some(({ state }) => isOpen(state)));
  const input = (set: (value: string) => void) => (event: Event) =>
    set((event.currentTarget as HTMLInputElement).value);
  return (
    <>
      <h1>Builds</h1>
      <search class="filters">
        <label>
          Name or owner
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
            {builders.value?.builders.map(({ name }) => (
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
              <th scope="col" class="number">
                Duration
              </th>
              <th scope="col" class="wide">
                <span class="hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {found.map((build) => (
              <Row key={build.id} build={build} now={now} onChange={refresh} />
            ))}
          </tbody>
        </table>
      )}
      {value && found.length === 0 && <p class="empty">No builds.</p>}
      {value?.nextPageToken && limit < most && (
        <button type="button" onClick={() => setLimit(limit + step)}>
          Show more
        </button>
      )}
    </>
  );
}

function Row({ build, now, onChange }: { build: Build; now: number; onChange: () => void }) {
  const { id, state, displayName, builder, owner, createTime, endTime, error } = build;
  const created = millis(createTime!);
  return (
    <tr>
      <td>
        <BuildBadge state={state} />
      </td>
      <td class="name">
        <a href={linkTo("builds", id)}>{displayName || id}</a>
        {error && state === BuildState.FAILED && <p class="note">{error.message.split("\n")[0]}</p>}
      </td>
      <td class="wide">{builder}</td>
      <td class="wide">{owner}</td>
      <td class="wide">
        <time title={dateTime(created)} dateTime={new Date(created).toISOString()}>
          {ago(created, now)}
        </time>
      </td>
      <td class="number">{duration((endTime ? millis(endTime) : now) - created)}</td>
      <td class="wide action">{isOpen(state) && <CancelButton build={build} onChange={onChange} />}</td>
    </tr>
  );
}
