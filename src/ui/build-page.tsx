import type { BuildResult } from "../gen/slipway/build/v1/build_result_pb.js";
import type { Build } from "../gen/slipway/v1/build_pb.js";
import { api } from "./api.js";
import { isProvenance } from "./attestation.js";
import { AttestationsSection, provenanceSources, useAttachedSources } from "./attestations-section.js";
import { BuildError } from "./build-error.js";
import { inputFacts, resultOf } from "./build-facts.js";
import { inputsOf } from "./build-inputs.js";
import type { BuildModel } from "./build-model.js";
import { CancelButton } from "./cancel-button.js";
import { CompareWith } from "./compare-with.js";
import { useBuildModel } from "./follow-build.js";
import { dateTime, duration, millis, queueText } from "./format.js";
import { HeldPanel } from "./held-panel.js";
import { entryOfBuild } from "./list-entry.js";
import { useChanges } from "./observable.js";
import { BuildBadge, Facts, isOpen, OwnerView, ProblemPanel } from "./parts.js";
import { linkTo } from "./route.js";
import { StartAgain } from "./start-again-button.js";
import { StepsSection, stepCounts, WarningsSection } from "./steps-section.js";
import { useNow } from "./use-now.js";
import { usePoll } from "./use-poll.js";
import { useTitle } from "./use-title.js";

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
  const isRunning = isOpen(build.state);
  const now = useNow(isRunning);
  const created = millis(build.createTime!);
  const error = model.finished?.error ?? build.error;
  const failed = model.failedStep();
  return (
    <>
      <div class="heading">
        <h1>{build.displayName || build.id}</h1>
        <BuildBadge state={build.state} held={isRunning && model.held !== undefined} />
        {isRunning && <CancelButton build={build} onChange={onChange} />}
        <CompareWith entry={entryOfBuild(build)} />
      </div>
      {!isRunning && <StartAgain build={build} />}
      <Facts
        facts={[
          ["Duration", duration((build.endTime ? millis(build.endTime) : now) - created)],
          ["Started", dateTime(created)],
          ["Builder", build.builder],
          ["Driver", build.driver],
          ["Owner", build.owner && <OwnerView build={build} />],
          ["Project", build.project],
          ["Steps", stepCounts(model)],
          ["Id", <code key="id">{build.id}</code>],
        ]}
      />
      {model.restarted && (
        <p class="banner">
          {model.restarted.message} This is attempt {model.restarted.attempt}.
        </p>
      )}
      {model.queued && (
        <p class="banner" role="status">
          {queueText(model.queued)}
        </p>
      )}
      {model.draining && isRunning && <p class="banner">{model.draining.message}</p>}
      {model.held && <HeldPanel build={build} held={model.held} />}
      {error && <BuildError error={error} step={failed} />}
      <StepsSection model={model} failed={failed} isRunning={isRunning} now={now} />
      <WarningsSection model={model} />
      {build.result && (
        <section aria-labelledby="result">
          <h2 id="result">Result</h2>
          <Facts facts={resultOf(build.result)} />
        </section>
      )}
      {build.result && (
        <Attestations builder={build.builder} refs={build.refs} provenance={build.result.provenance} />
      )}
      {build.spec && (
        <section aria-labelledby="inputs">
          <h2 id="inputs">Inputs</h2>
          <Facts facts={inputFacts(inputsOf(build.spec))} />
        </section>
      )}
    </>
  );
}

interface AttestationsProps {
  builder: string;
  refs: readonly string[];
  provenance: BuildResult["provenance"];
}

/** The provenance in the result, which the client may have wanted, and what else BuildKit stores with the build. */
function Attestations({ builder, refs, provenance }: AttestationsProps) {
  const attached = useAttachedSources(builder, refs);
  const own = provenanceSources(provenance);
  const others = own.length > 0 ? attached.filter(({ type }) => !isProvenance(type)) : attached;
  return <AttestationsSection sources={[...own, ...others]} />;
}
