import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import { api } from "./api.js";
import { dateTime, words } from "./format.js";
import { entriesOf, type ListEntry } from "./list-entry.js";
import { linkTo } from "./route.js";
import { projectOf } from "./trend.js";
import { readHistory } from "./use-history.js";
import { usePoll } from "./use-poll.js";

/** How many of the newest builds are offered, and how often they are read, in milliseconds. */
const pageSize = 200;
const listMs = 60_000;

/** Chooses another build, to compare the two: of the same name, or any other. */
export function CompareWith({ entry: { key, name, start } }: { entry: ListEntry }) {
  const { value } = usePoll("others", readEntries, listMs);
  const others = value?.filter((other) => other.key !== key) ?? [];
  if (others.length === 0) return null;
  const isSame = (other: ListEntry) => projectOf(other.name) === projectOf(name);
  const titleOf = (other: ListEntry) =>
    [!isSame(other) && other.name, dateTime(other.start), words(BuildState[other.state])]
      .filter(Boolean)
      .join(", ");
  const groups = [
    ["Builds of this name", others.filter(isSame)],
    ["Other builds", others.filter((other) => !isSame(other))],
  ] as const;
  return (
    <label class="inline">
      Compare with
      <select
        value=""
        onChange={({ currentTarget: { value } }) => {
          const other = others.find((other) => other.key === value);
          if (!other) return;
          const [later, earlier] = other.start > start ? [value, key] : [key, value];
          location.hash = linkTo("compare", later, earlier);
        }}
      >
        <option value="">choose a build</option>
        {groups.map(
          ([title, entries]) =>
            entries.length > 0 && (
              <optgroup key={title} label={title}>
                {entries.map((other) => (
                  <option key={other.key} value={other.key}>
                    {titleOf(other)}
                  </option>
                ))}
              </optgroup>
            ),
        )}
      </select>
    </label>
  );
}

/** The newest builds of the host, and what BuildKit remembers of other clients. */
async function readEntries(signal: AbortSignal): Promise<ListEntry[]> {
  const [{ builds, nextPageToken }, { builders }] = await Promise.all([
    api.builds.listBuilds({ pageSize }, { signal }),
    api.builders.listBuilders({}, { signal }),
  ]);
  const records = [];
  for (const { name } of builders) records.push(...(await readHistory(name, pageSize, signal)));
  return entriesOf({ builds, hasOlder: nextPageToken !== "" }, records);
}
