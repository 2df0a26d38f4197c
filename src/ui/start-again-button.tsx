import { useState } from "preact/hooks";
import type { Build } from "../gen/slipway/v1/build_pb.js";
import { api, type Problem, problemOf } from "./api.js";
import { ProblemPanel } from "./parts.js";
import { linkTo } from "./route.js";
import { whyNotAgain } from "./start-again.js";

/** Starts a build like this one after a question, and goes to its page; or says why that cannot be. */
export function StartAgain({ build }: { build: Build }) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const { spec, builder } = build;
  const reason = whyNotAgain(spec);
  const name = build.displayName || build.id;
  const onClick = async () => {
    if (!confirm(`Start the build ${name} again?`)) return;
    setBusy(true);
    setProblem(undefined);
    try {
      // The click counts once, also when its answer is lost.
      const requestId = crypto.randomUUID();
      const started = await api.builds.startBuild({ requestId, spec: { ...spec!, builder } });
      location.hash = linkTo("builds", started.build!.id);
    } catch (cause) {
      setProblem(problemOf(cause));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="again">
      <button
        type="button"
        disabled={isBusy || reason !== ""}
        aria-describedby={reason ? "not-again" : undefined}
        onClick={onClick}
      >
        Start again
      </button>
      {reason && (
        <span id="not-again" class="note">
          {`Cannot be started again from here. ${reason}`}
        </span>
      )}
      <ProblemPanel problem={problem} />
    </div>
  );
}
