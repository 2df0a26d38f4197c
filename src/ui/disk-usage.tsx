import { useState } from "preact/hooks";
import type { UsageRecord } from "../gen/slipway/v1/builder_pb.js";
import { api, type Problem, problemOf } from "./api.js";
import { connection } from "./connection.js";
import { bytes } from "./format.js";
import { allOf } from "./page-through.js";
import { ProblemPanel } from "./parts.js";
import { isPruned, usageByKind } from "./usage.js";
import { UsageOverTime } from "./usage-over-time.js";

const day = 24 * 60 * 60;
const ages = [
  [0, "any time"],
  [day, "a day ago"],
  [7 * day, "a week ago"],
  [30 * day, "a month ago"],
] as const;

/** The build cache of a builder by kind, now and over time, and a form that removes some of it. */
export function DiskUsage({ builder }: { builder: string }) {
  const [records, setRecords] = useState<readonly UsageRecord[]>();
  const [all, setAll] = useState(false);
  const [keepSeconds, setKeepSeconds] = useState(0);
  const [isBusy, setBusy] = useState(false);
  const [removed, setRemoved] = useState("");
  const [problem, setProblem] = useState<Problem>();

  const work = async (task: () => Promise<void>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await task();
    } catch (cause) {
      setProblem(problemOf(cause));
    } finally {
      setBusy(false);
    }
  };
  const read = async () => {
    const ask = (pageToken: string) => api.builders.getDiskUsage({ builder, pageToken });
    setRecords(await allOf(ask, ({ records }) => records));
  };
  const prune = async () => {
    const keepDuration = { seconds: BigInt(keepSeconds) };
    const gone: UsageRecord[] = [];
    for await (const { event } of api.builders.pruneBuilder({ name: builder, all, keepDuration }))
      if (event.case === "record") gone.push(event.value);
    setRemoved(`Removed ${countAndSize(gone)}.`);
    await read();
  };

  if (!records) {
    return (
      <>
        <button
          type="button"
          class="after"
          disabled={isBusy}
          aria-label={`Disk usage of ${builder}`}
          onClick={() => work(read)}
        >
          Disk usage
        </button>
        <ProblemPanel problem={problem} />
      </>
    );
  }
  const usages = usageByKind(records);
  const most = Math.max(1, ...usages.map(({ size }) => size));
  const preview = records.filter((record) => isPruned(record, { all, keepSeconds }, connection.now()));
  return (
    <>
      <table class="usage">
        <caption>{`Build cache, ${countAndSize(records)}`}</caption>
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col" class="wide">
              <span class="hidden">Share</span>
            </th>
            <th scope="col" class="number">
              Records
            </th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col" class="number">
              Not in use
            </th>
          </tr>
        </thead>
        <tbody>
          {usages.map(({ kind, count, size, unused }) => (
            <tr key={kind}>
              <th scope="row">{kind}</th>
              <td class="wide share">
                <span class="share-bar" style={{ width: `${(size / most) * 100}%` }} />
              </td>
              <td class="number">{count}</td>
              <td class="number">{bytes(size)}</td>
              <td class="number">{bytes(unused)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <UsageOverTime builder={builder} asked={records} />
      <form
        class="filters prune"
        aria-label={`Prune ${builder}`}
        onSubmit={(event) => {
          event.preventDefault();
          if (confirm(`Remove about ${countAndSize(preview)} of the build cache of ${builder}?`))
            void work(prune);
        }}
      >
        <label>
          Last used before
          <select
            value={keepSeconds}
            onChange={({ currentTarget }) => setKeepSeconds(Number(currentTarget.value))}
          >
            {ages.map(([seconds, title]) => (
              <option key={seconds} value={seconds}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={all}
            onChange={({ currentTarget }) => setAll(currentTarget.checked)}
          />
          Internal and shared records too
        </label>
        <button type="submit" disabled={isBusy || preview.length === 0}>
          Prune
        </button>
        <p role="status" class="note">
          {isBusy ? "Working…" : `Would remove about ${countAndSize(preview)}. ${removed}`}
        </p>
      </form>
      <ProblemPanel problem={problem} />
    </>
  );
}

function countAndSize(records: readonly UsageRecord[]): string {
  const size = records.reduce((sum, { sizeBytes }) => sum + Number(sizeBytes), 0);
  return `${records.length} ${records.length === 1 ? "record" : "records"}, ${bytes(size)}`;
}
