import { useEffect, useState } from "preact/hooks";
import type { NodeDiskUsage } from "../gen/slipway/v1/builder_pb.js";
import { api } from "./api.js";
import { bytes, dateTime } from "./format.js";
import { allOf } from "./page-through.js";
import { usageChart } from "./usage-chart.js";

/** Size of a chart, in its own units. */
const size = { width: 600, height: 100 };
/** Colours of the style sheet; further kinds share the last one. */
const colours = 8;

/**
 * The build cache of the nodes of a builder over time, which the host has recorded.
 * @param asked changes when the host has been asked for the disk usage, which it records
 */
export function UsageOverTime({ builder, asked }: { builder: string; asked: unknown }) {
  const [nodes, setNodes] = useState<readonly NodeDiskUsage[]>([]);
  useEffect(() => {
    const ended = new AbortController();
    const { signal } = ended;
    const ask = (pageToken: string) => api.builders.getDiskUsageHistory({ builder, pageToken }, { signal });
    // Hosts of an earlier version record nothing.
    allOf(ask, ({ nodes }) => nodes).then(
      (found) => !signal.aborted && setNodes(found),
      () => {},
    );
    return () => ended.abort();
  }, [builder, asked]);
  return (
    <>
      {nodes.map((node) => (
        <NodeUsage key={node.node} usage={node} />
      ))}
    </>
  );
}

function NodeUsage({ usage: { node, samples } }: { usage: NodeDiskUsage }) {
  const { rows, most, areas } = usageChart(samples, size);
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last || rows.length < 2) return null;
  const at = ({ time, total }: typeof first) => `${bytes(total)} at ${dateTime(time)}`;
  return (
    <figure class="over-time">
      <figcaption>{`Build cache of ${node}: ${at(first)}, ${at(last)}, at most ${bytes(most)}`}</figcaption>
      <svg viewBox={`0 0 ${size.width} ${size.height}`} preserveAspectRatio="none" aria-hidden="true">
        {areas.map(({ kind, path }, index) => (
          <path key={kind} class={colourOf(index)} d={path} />
        ))}
      </svg>
      <ul class="plain legend" aria-label={`Kinds in the build cache of ${node}`}>
        {areas.map(({ kind }, index) => (
          <li key={kind}>
            <svg width="10" height="10" aria-hidden="true">
              <rect class={colourOf(index)} width="10" height="10" />
            </svg>{" "}
            {kind}
          </li>
        ))}
      </ul>
      <details>
        <summary>{`Sizes of ${node}`}</summary>
        <table>
          <caption class="hidden">{`Build cache of ${node} over time`}</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col" class="number">
                All
              </th>
              {areas.map(({ kind }) => (
                <th key={kind} scope="col" class="number">
                  {kind}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.toReversed().map(({ time, total, sizes }, index) => (
              <tr key={index}>
                <th scope="row">{dateTime(time)}</th>
                <td class="number">{bytes(total)}</td>
                {sizes.map((bytesOfKind, kind) => (
                  <td key={kind} class="number">
                    {bytes(bytesOfKind)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

function colourOf(index: number): string {
  return `kind${Math.min(index, colours - 1)}`;
}
