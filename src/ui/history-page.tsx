import type { HistoryRecord } from "../gen/slipway/v1/history_pb.js";
import { api } from "./api.js";
import { AttestationsSection, attachedSources } from "./attestations-section.js";
import { BuildError } from "./build-error.js";
import { inputFacts, list, pairs } from "./build-facts.js";
import { inputsOfRecord } from "./build-inputs.js";
import type { BuildModel } from "./build-model.js";
import { CompareWith } from "./compare-with.js";
import { useBuildModel } from "./follow-build.js";
import { bytes, dateTime, duration, millis } from "./format.js";
import { entryOfRecord, recordKey, stateOf } from "./list-entry.js";
import { useChanges } from "./observable.js";
import { BuildBadge, Facts, isOpen, ProblemPanel } from "./parts.js";
import { linkTo } from "./route.js";
import { StepsSection, stepCounts, WarningsSection } from "./steps-section.js";
import { useNow } from "./use-now.js";
import { usePoll } from "./use-poll.js";
import { useTitle } from "./use-title.js";

/** How often the record is read, in milliseconds. */
const readMs = 5000;

/** A build of another client, as far as BuildKit remembers it. */
export function HistoryPage({ builder, node, id }: { builder: string; node: string; id: string }) {
  const ref = recordKey(builder, node, id);
  const { model, problem: lost } = useBuildModel(ref);
  useChanges(model);
  const { value, problem } = usePoll(
    ref,
    (signal) => api.history.getHistoryRecord({ builder, ref }, { signal }),
    readMs,
  );
  const record = value?.record;
  useTitle(record?.name || "Build");
  return (
    <>
      <p class="up">
        <a href={linkTo("builds")}>Builds</a>
      </p>
      <ProblemPanel problem={problem ?? lost} />
      {record && <Shown record={record} model={model} />}
    </>
  );
}

function Shown({ record, model }: { record: HistoryRecord; model: BuildModel }) {
  const state = stateOf(record);
  const isRunning = isOpen(state);
  const now = useNow(isRunning);
  const { startTime, endTime, error } = record;
  const start = startTime ? millis(startTime) : 0;
  const failed = model.failedStep(error);
  return (
    <>
      <div class="heading">
        <h1>{record.name || record.ref}</h1>
        <BuildBadge state={state} />
        <span class="note">From BuildKit's history</span>
        <CompareWith entry={entryOfRecord(record)} />
      </div>
      <Facts
        facts={[
          ["Duration", duration((endTime ? millis(endTime) : now) - start)],
          ["Started", dateTime(start)],
          ["Builder", record.builder],
          ["Node", record.node],
          ["Steps", stepCounts(model)],
          ["Reference", <code key="ref">{record.ref}</code>],
        ]}
      />
      {error && <BuildError error={error} step={failed} />}
      <StepsSection model={model} failed={failed} isRunning={isRunning} now={now} />
      <WarningsSection model={model} />
      <AttestationsSection
        sources={attachedSources(
          { builder: record.builder, ref: `${record.builder}/${record.node}/${record.ref}` },
          record.attachments,
        )}
      />
      <section aria-labelledby="inputs">
        <h2 id="inputs">Inputs and results</h2>
        <Facts
          facts={[
            ...inputFacts(inputsOfRecord(record)),
            ["Response of the exporters", pairs(record.exporterResponse)],
            [
              "Attachments",
              list(
                record.attachments.map(({ type, platform, sizeBytes }) =>
                  [type, platform, bytes(sizeBytes)].filter(Boolean).join(", "),
                ),
              ),
            ],
          ]}
        />
      </section>
    </>
  );
}
