import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../gen/slipway/v1/build_pb.js";
import { api } from "./api.js";
import { dateTime, millis, words } from "./format.js";
import { linkTo } from "./route.js";
import { usePoll } from "./use-poll.js";

/** How many builds are looked through for others of the same name, and how often, in milliseconds. */
const pageSize = 200;
const listMs = 60_000;

/** Chooses another build of the same name, to compare the two. */
export function CompareWith({ build }: { build: Build }) {
  const { id, displayName, builder } = build;
  const { value } = usePoll(
    `others ${builder}`,
    (signal) => api.builds.listBuilds({ pageSize, builder }, { signal }),
    listMs,
  );
  const others = value?.builds.filter((other) => other.displayName === displayName && other.id !== id) ?? [];
  if (others.length === 0) return null;
  return (
    <label class="inline">
      Compare with
      <select
        value=""
        onChange={({ currentTarget: { value } }) => {
          const other = others.find((other) => other.id === value);
          if (!other) return;
          const isLater = millis(other.createTime!) > millis(build.createTime!);
          const [earlier, later] = isLater ? [id, value] : [value, id];
          location.hash = linkTo("builds", later!, "compare", earlier!);
        }}
      >
        <option value="">choose a build</option>
        {others.map((other) => (
          <option key={other.id} value={other.id}>
            {`${dateTime(millis(other.createTime!))}, ${words(BuildState[other.state])}`}
          </option>
        ))}
      </select>
    </label>
  );
}
