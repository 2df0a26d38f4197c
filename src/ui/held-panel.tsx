import { useState } from "preact/hooks";
import { type BuildHeld, HoldReason } from "../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../gen/slipway/v1/build_pb.js";
import { ContinueTo } from "../gen/slipway/v1/debug_pb.js";
import { api, type Problem, problemOf } from "./api.js";
import { ProblemPanel } from "./parts.js";

const reasons: Partial<Record<HoldReason, string>> = {
  [HoldReason.ERROR]: "A step has failed. The build fails when it continues.",
  [HoldReason.STEP]: "It stands at a step.",
  [HoldReason.BREAKPOINT]: "It stands at a breakpoint.",
  [HoldReason.END]: "Everything is built. The build finishes when it continues.",
};

/** Where a build stands that its client holds, and why; it can go on from here. */
export function HeldPanel({ build, held }: { build: Build; held: BuildHeld }) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const { error, platform, reason, stack } = held;
  const goOn = async (to: ContinueTo) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await api.debug.continueBuild({ id: build.id, to });
    } catch (cause) {
      setProblem(problemOf(cause));
    } finally {
      setBusy(false);
    }
  };
  const hasNext = reason === HoldReason.STEP || reason === HoldReason.BREAKPOINT;
  return (
    <section class="panel waiting" aria-labelledby="held">
      <h2 id="held">Held for debugging</h2>
      <p role="status">{[reasons[reason], platform && `Platform ${platform}.`].filter(Boolean).join(" ")}</p>
      {error && (
        <p class="message">
          <strong>{error.message}</strong> <code>{error.reason}</code>
        </p>
      )}
      {stack.length > 0 && (
        <ol class="plain" aria-label="Steps where it stands, the innermost first">
          {stack.map(({ name, source, isDone }, index) => (
            <li key={index}>
              <code>{name}</code>
              <span class="note">
                {[
                  isDone ? " done" : index === 0 ? " comes next" : " waits for the step above",
                  source?.ranges[0] && `${source.filename}, line ${source.ranges[0].startLine}`,
                ]
                  .filter(Boolean)
                  .join(", ")}
              </span>
            </li>
          ))}
        </ol>
      )}
      <p class="actions">
        <button type="button" disabled={isBusy} onClick={() => goOn(ContinueTo.UNSPECIFIED)}>
          Continue
        </button>
        {hasNext && (
          <button type="button" disabled={isBusy} onClick={() => goOn(ContinueTo.NEXT)}>
            Next step
          </button>
        )}
        <span class="note">Processes that its debugger has started in it end then.</span>
      </p>
      <ProblemPanel problem={problem} />
    </section>
  );
}
