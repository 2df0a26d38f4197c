import type { VNode } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Step } from "./build-model.js";
import { duration } from "./format.js";
import { type GraphLayout, layOut, type Place } from "./graph-layout.js";

/** Size of a step, and its distance from the next one, in pixels. */
const size = { width: 220, height: 26 };
const pitch = { x: 270, y: 36 };
const margin = 8;
/** How much of a name is in the document. */
const nameLength = 300;

/** What the graph shows. */
export interface GraphProps {
  steps: readonly Step[];
  /** The steps that decided when the build ended. */
  critical: ReadonlySet<Step>;
  /** Key of the step whose log is shown. */
  chosen: string | undefined;
  choose(key: string | undefined): void;
}

/**
 * The steps from left to right, each after those that it needs. A step is a button that shows its log. One of them is in
 * the tab order; the arrow keys go to inputs (left), to what needs it (right), and up and down in the column.
 */
export function StepGraph({ steps, critical, chosen, choose }: GraphProps) {
  const shape = steps.map(({ key, inputs }) => `${key}<${inputs.join()}`).join("\n");
  const layout = useMemo(() => layOut(steps), [shape]);
  const [at, setAt] = useState<string>();
  const area = useRef<HTMLDivElement>(null);
  const current = at !== undefined && layout.places.has(at) ? at : layout.places.keys().next().value;
  const moved = useRef(false);
  // At once: a key that follows a click finds its effect done.
  useLayoutEffect(() => {
    if (moved.current) area.current?.querySelector<SVGElement>('[tabindex="0"]')?.focus();
    moved.current = false;
  }, [at]);

  const toggle = (key: string) => choose(key === chosen ? undefined : key);
  const onKeyDown = (event: KeyboardEvent) => {
    const place = current === undefined ? undefined : layout.places.get(current);
    if (!place) return;
    if (event.key === "Enter" || event.key === " ") toggle(place.step.key);
    else {
      const next = neighbour(layout, place, event.key);
      if (!next) return;
      moved.current = true;
      setAt(next.step.key);
    }
    event.preventDefault();
  };
  const width = layout.columns * pitch.x - pitch.x + size.width + 2 * margin;
  const height = layout.rows * pitch.y - pitch.y + size.height + 2 * margin;
  // What did not change is not made again: there can be a thousand steps, and changes ten times a second.
  const made = useRef(new Map<string, { sign: string; node: VNode }>());
  const nodes = [...layout.places.values()].map((place) => {
    const { step, column, row } = place;
    const { key, name, state, start, end } = step;
    const isChosen = key === chosen;
    const isCurrent = key === current;
    const isCritical = critical.has(step);
    const sign = [column, row, name, state, start, end, isChosen, isCurrent, isCritical].join("\n");
    const before = made.current.get(key);
    if (before?.sign === sign) return before.node;
    const node = (
      <Node key={key} place={place} isChosen={isChosen} isCurrent={isCurrent} isCritical={isCritical} />
    );
    made.current.set(key, { sign, node });
    return node;
  });
  const edges = useMemo(() => edgesOf(layout), [layout]);
  return (
    <div class="graph" ref={area}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is no graphic */}
      <svg
        role="group"
        aria-label="Graph of the steps"
        width={width}
        height={height}
        onKeyDown={onKeyDown}
        onClick={({ target }) => {
          const key = (target as Element).closest("[data-key]")?.getAttribute("data-key");
          if (!key) return;
          setAt(key);
          toggle(key);
        }}
      >
        <path class="edges" d={edges} />
        {nodes}
      </svg>
    </div>
  );
}

interface NodeProps {
  place: Place;
  isChosen: boolean;
  isCurrent: boolean;
  isCritical: boolean;
}

function Node({ place, isChosen, isCurrent, isCritical }: NodeProps) {
  const { key, node, name, state, start, end } = place.step;
  const { x, y } = positionOf(place);
  const time = start !== undefined && end !== undefined && state !== "cached" ? duration(end - start) : "";
  const label = [node, name].filter(Boolean).join(" ").slice(0, nameLength);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a graphic has no button
    <g
      class={`graph-step ${state}${isCritical ? " critical" : ""}`}
      role="button"
      tabindex={isCurrent ? 0 : -1}
      aria-label={[label, state, time, isCritical && "on the critical path"].filter(Boolean).join(", ")}
      aria-pressed={isChosen}
      data-key={key}
      transform={`translate(${x} ${y})`}
    >
      <rect width={size.width} height={size.height} rx="4" />
      <foreignObject width={size.width} height={size.height}>
        <div class="graph-name">{label}</div>
      </foreignObject>
    </g>
  );
}

function positionOf({ column, row }: Place): { x: number; y: number } {
  return { x: margin + column * pitch.x, y: margin + row * pitch.y };
}

/** The lines from all steps to those that need them. */
function edgesOf({ places }: GraphLayout): string {
  const middle = size.height / 2;
  return [...places.values()]
    .flatMap((place) => place.step.inputs.map((key) => [places.get(key), place] as const))
    .map(([from, to]) => {
      if (!from || from.column >= to.column) return "";
      const a = positionOf(from);
      const b = positionOf(to);
      const bend = (pitch.x - size.width) / 2;
      return `M${a.x + size.width} ${a.y + middle}C${b.x - bend} ${a.y + middle} ${b.x - bend} ${b.y + middle} ${b.x} ${b.y + middle}`;
    })
    .join("");
}

/** The step that an arrow key leads to. */
function neighbour({ places }: GraphLayout, place: Place, key: string): Place | undefined {
  const all = [...places.values()];
  const nearest = (found: Place[], distance: (other: Place) => number) =>
    found.sort((a, b) => distance(a) - distance(b))[0];
  const beside = ({ row }: Place) => Math.abs(row - place.row);
  if (key === "ArrowLeft")
    return nearest(
      place.step.inputs.flatMap((input) => places.get(input) ?? []),
      beside,
    );
  if (key === "ArrowRight")
    return nearest(
      all.filter(({ step }) => step.inputs.includes(place.step.key)),
      beside,
    );
  const side = key === "ArrowUp" ? -1 : key === "ArrowDown" ? 1 : 0;
  return nearest(
    all.filter(({ column, row }) => column === place.column && (row - place.row) * side > 0),
    beside,
  );
}
