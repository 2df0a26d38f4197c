import { useEffect, useState } from "preact/hooks";
import type { Build } from "../gen/slipway/v1/build_pb.js";
import { api } from "./api.js";
import { BuildError } from "./build-error.js";
import { inputsOf, resultOf } from "./build-facts.js";
import type { BuildModel } from "./build-model.js";
import { CancelButton } from "./cancel-button.js";
import { CompareWith } from "./compare-with.js";
import { useBuildModel } from "./follow-build.js";
import { dateTime, duration, millis } from "./format.js";
import { LogView } from "./log-view.js";
import { useChanges } from "./observable.js";
import { BuildBadge, Diagnostics, Facts, isOpen, ProblemPanel } from "./parts.js";
import { linkTo } from "./route.js";
import { useNow } from "./use-now.js";
import { usePoll } from "./use-poll.js";
import { useTitle } from "./use-title.js";
import { Waterfall } from "./waterfall.js";

/** How often a build that runs, or one that has ended, is read, in milliseconds. */
const openMs = 2000;
const endedMs = 30_000;

/** One build. */
export function BuildPage({ id }: { id: string }) {
  const { model, problem: lost } = useBuildModel(id);
  useChanges(model);
  const hasEnded = model.finished !== undefined;
  const { value, problem, refresh } = usePoll(
    `${id} ${hasEnded}`,
    (signal) => api.builds.getBuild({ id }, { signal }),
    hasEnded ? endedMs : openMs,
  );
  const build = value?.build;
  useTitle(build?.displayName || "Build");
  return (
    <>
      <p class="up">
        <a href={linkTo("builds")}>Builds</a>
      </p>
      <ProblemPanel problem={problem ?? lost} />
      {build && <Shown build={build} model={model} onChange={refresh} />}
    </>
  );
}

function Shown({ build, model, onChange }: { build: Build; model: BuildModel; onChange: () => void }) {
  const [chosen, choose] = useState<string>();
  const failed = model.failedStep();
  // The step that failed is what one came for.
  useEffect(() => {
    if (failed) choose((before) => before ?? failed.key);
  }, [failed]);
  const isRunning = isOpen(build.state);
  const now = useNow(isRunning);
  const created = millis(build.createTime!);
  const step = chosen === undefined ? undefined : model.steps.get(chosen);
  const steps = model.ordered();
  const cached = steps.filter(({ state }) => state === "cached").length;
  const stepWarnings = steps.flatMap(({ warnings }) => warnings);
  const error = model.finished?.error ?? build.error;
  return (
    <>
      <div class="heading">
        <h1>{build.displayName || build.id}</h1>
        <BuildBadge state={build.state} />
        {isRunning && <CancelButton build={build} onChange={onChange} />}
        <CompareWith build={build} />
      </div>
      <Facts
        facts={[
          ["Duration", duration((build.endTime ? millis(build.endTime) : now) - created)],
          ["Started", dateTime(created)],
          ["Builder", build.builder],
          ["Driver", build.driver],
          ["Owner", build.owner],
          ["Steps", steps.length > 0 && `${steps.length}, ${cached} cached`],
          ["Id", <code key="id">{build.id}</code>],
        ]}
      />
      {model.draining && isRunning && <p class="banner">{model.draining.message}</p>}
      {error && <BuildError error={error} step={failed} />}
      <section aria-labelledby="steps">
        <h2 id="steps">Steps</h2>
        {steps.length === 0 && <p class="empty">{[...model.boot.values()].at(-1) ?? "No steps yet."}</p>}
        <div class={step ? "steps split" : "steps"}>
          <Waterfall steps={steps} chosen={chosen} choose={choose} now={now} isRunning={isRunning} />
          {step && <LogView key={step.key} step={step} onClose={() => choose(undefined)} />}
        </div>
      </section>
      {(model.warnings.length > 0 || stepWarnings.length > 0) && (
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
      )}
      {build.result && (
        <section aria-labelledby="result">
          <h2 id="result">Result</h2>
          <Facts facts={resultOf(build.result)} />
        </section>
      )}
      {build.spec && (
        <section aria-labelledby="inputs">
          <h2 id="inputs">Inputs</h2>
          <Facts facts={inputsOf(build.spec)} />
        </section>
      )}
    </>
  );
}
