import { useEffect, useState } from "preact/hooks";
import type { BuildModel, Step } from "./build-model.js";
import { criticalPath, workOf } from "./critical-path.js";
import { duration } from "./format.js";
import { LogView } from "./log-view.js";
import { Diagnostics } from "./parts.js";
import { StepGraph } from "./step-graph.js";
import { Waterfall } from "./waterfall.js";

/** What the steps of a build are shown with. */
export interface StepsProps {
  model: BuildModel;
  /** The step that failed, which is what one came for. */
  failed: Step | undefined;
  isRunning: boolean;
  /** In milliseconds since 1970. */
  now: number;
}

/** The steps of a build, and the log of one of them. */
export function StepsSection({ model, failed, isRunning, now }: StepsProps) {
  const [chosen, choose] = useState<string>();
  const [isGraph, showGraph] = useState(false);
  useEffect(() => {
    if (failed) choose((before) => before ?? failed.key);
  }, [failed]);
  const steps = model.ordered();
  const path = criticalPath(steps);
  const critical = new Set(path);
  const step = chosen === undefined ? undefined : model.steps.get(chosen);
  return (
    <section aria-labelledby="steps">
      <div class="heading">
        <h2 id="steps">Steps</h2>
        <label class="check">
          <input
            type="checkbox"
            checked={isGraph}
            onChange={({ currentTarget }) => showGraph(currentTarget.checked)}
          />
          As a graph
        </label>
      </div>
      {path.length > 1 && (
        <p class="note">
          <span class="critical-sign" aria-hidden="true" />
          {`Critical path: ${path.length} of ${steps.length} steps, ${duration(workOf(path))}`}
        </p>
      )}
      {steps.length === 0 && <p class="empty">{[...model.boot.values()].at(-1) ?? "No steps yet."}</p>}
      <div class={step && !isGraph ? "steps split" : "steps"}>
        {isGraph ? (
          <StepGraph steps={steps} critical={critical} chosen={chosen} choose={choose} />
        ) : (
          <Waterfall
            steps={steps}
            all={model.steps}
            critical={critical}
            chosen={chosen}
            choose={choose}
            now={now}
            isRunning={isRunning}
          />
        )}
        {step && <LogView key={step.key} step={step} onClose={() => choose(undefined)} />}
      </div>
    </section>
  );
}

/** The warnings of the host and of the steps. */
export function WarningsSection({ model }: { model: BuildModel }) {
  const stepWarnings = [...model.steps.values()].flatMap(({ warnings }) => warnings);
  if (model.warnings.length === 0 && stepWarnings.length === 0) return null;
  return (
    <section aria-labelledby="warnings">
      <h2 id="warnings">Warnings</h2>
      <Diagnostics diagnostics={model.warnings} />
      <ul class="plain">
        {stepWarnings.map(({ short, detail, url }, index) => (
          <li key={index}>
            {short}
            {detail.length > 0 && <p class="note">{detail.join("\n")}</p>}
            {/^https?:\/\//.test(url) && (
              <p class="note">
                <a href={url} rel="noreferrer" target="_blank">
                  {url}
                </a>
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The number of steps, and how many of them were cached; empty before the first one. */
export function stepCounts(model: BuildModel): string {
  const steps = [...model.steps.values()];
  const cached = steps.filter(({ state }) => state === "cached").length;
  return steps.length > 0 ? `${steps.length}, ${cached} cached` : "";
}
