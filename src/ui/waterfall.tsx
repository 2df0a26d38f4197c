import type { Step } from "./build-model.js";
import { missingInputs } from "./critical-path.js";
import { bytes, duration } from "./format.js";

/** What the waterfall shows. */
export interface WaterfallProps {
  steps: readonly Step[];
  /** The same steps by their keys. */
  all: ReadonlyMap<string, Step>;
  /** The steps that decided when the build ended. */
  critical: ReadonlySet<Step>;
  /** Key of the step whose log is shown. */
  chosen: string | undefined;
  choose(key: string | undefined): void;
  /** In milliseconds since 1970. */
  now: number;
  isRunning: boolean;
}

/** The steps over time. A step is a button that shows its log. */
export function Waterfall({ steps, all, critical, chosen, choose, now, isRunning }: WaterfallProps) {
  const starts = steps.flatMap(({ start }) => start ?? []);
  const from = Math.min(...starts);
  const to = Math.max(...steps.flatMap(({ end }) => end ?? []), isRunning ? now : from, from + 1);
  return (
    <ol class="waterfall">
      {steps.map((step) => (
        <li key={step.key} class={critical.has(step) ? "critical" : ""}>
          <button
            type="button"
            aria-pressed={step.key === chosen}
            onClick={() => choose(step.key === chosen ? undefined : step.key)}
          >
            <span class={`sign ${step.state}`} aria-hidden="true" />
            <span class="step">
              <span class="title">
                {step.node && <span class="node">{step.node} </span>}
                {step.name}
              </span>
              <span class="hidden">{`, ${step.state}${critical.has(step) ? ", on the critical path" : ""}`}</span>
              <Work step={step} />
              <Missing steps={missingInputs(step, all)} />
            </span>
            <span class="track" aria-hidden="true">
              <Bar step={step} from={from} to={isRunning ? Math.max(to, now) : to} />
            </span>
            <span class="time">{timeOf(step, now)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

function timeOf({ state, start, end }: Step, now: number): string {
  if (state === "cached") return "cached";
  if (start === undefined) return "";
  return duration((end ?? now) - start);
}

function Bar({ step: { start, end, state }, from, to }: { step: Step; from: number; to: number }) {
  if (start === undefined) return null;
  const percent = (time: number) => ((time - from) / (to - from)) * 100;
  const left = percent(start);
  // Set as properties, which the content security policy allows, and not as an attribute.
  return <span class={`run ${state}`} style={{ left: `${left}%`, width: `${percent(end ?? to) - left}%` }} />;
}

/** What a step waits for. */
function Missing({ steps: [first, ...others] }: { steps: readonly Step[] }) {
  if (!first) return null;
  return (
    <span class="note">{`waits for ${first.name}${others.length > 0 ? ` and ${others.length} more` : ""}`}</span>
  );
}

/** How far the transfers of a running step are. */
function Work({ step }: { step: Step }) {
  if (step.state !== "running") return null;
  const open = [...step.statuses.values()].filter(({ startTime, endTime }) => startTime && !endTime);
  return open.slice(-2).map(({ id, name, current, total }) => (
    <span key={id} class="note">
      {`${name || id} ${bytes(current)}${total > 0n ? ` of ${bytes(total)}` : ""}`}
    </span>
  ));
}
