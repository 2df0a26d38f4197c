import type { Build } from "../gen/slipway/v1/build_pb.js";
import { api } from "./api.js";
import type { Step } from "./build-model.js";
import { differenceOf, firstDifference, pairSteps } from "./compare.js";
import { useBuildModel } from "./follow-build.js";
import { dateTime, duration, millis } from "./format.js";
import { useChanges } from "./observable.js";
import { BuildBadge, ProblemPanel } from "./parts.js";
import { linkTo } from "./route.js";
import { usePoll } from "./use-poll.js";
import { useTitle } from "./use-title.js";

/** How often the builds are read, in milliseconds. */
const readMs = 10_000;

/** Two builds side by side. */
export function ComparePage({ earlier, later }: { earlier: string; later: string }) {
  useTitle("Compare builds");
  const [left, right] = [useBuildModel(earlier), useBuildModel(later)];
  useChanges(left.model);
  useChanges(right.model);
  const { value, problem } = usePoll(
    `${earlier} ${later}`,
    (signal) => Promise.all([earlier, later].map((id) => api.builds.getBuild({ id }, { signal }))),
    readMs,
  );
  const pairs = pairSteps(left.model.ordered(), right.model.ordered());
  const difference = firstDifference(pairs);
  return (
    <>
      <p class="up">
        <a href={linkTo("builds", later)}>Build</a>
      </p>
      <h1>Compare builds</h1>
      <ProblemPanel problem={problem ?? left.problem ?? right.problem} />
      <p>
        {difference ? (
          <>
            {"The first step that differs is "}
            <code>{difference.name}</code>
            {`: ${differenceOf(difference.left, difference.right)}.`}
          </>
        ) : (
          "No step differs."
        )}
      </p>
      <table class="compare">
        <caption class="hidden">Steps of both builds</caption>
        <thead>
          <tr>
            <th scope="col">Step</th>
            {value?.map(({ build }) => build && <BuildHead key={build.id} build={build} />)}
            <th scope="col">Difference</th>
          </tr>
        </thead>
        <tbody>
          {pairs.map((pair, index) => (
            <tr key={index} class={pair === difference ? "match current" : ""}>
              <th scope="row">
                <code>{pair.name}</code>
              </th>
              <td class="number">{timeOf(pair.left)}</td>
              <td class="number">{timeOf(pair.right)}</td>
              <td>{differenceOf(pair.left, pair.right)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function BuildHead({ build }: { build: Build }) {
  return (
    <th scope="col" class="number">
      <a href={linkTo("builds", build.id)}>{build.displayName || build.id}</a>
      <br />
      <BuildBadge state={build.state} />
      <br />
      {dateTime(millis(build.createTime!))}
    </th>
  );
}

function timeOf(step: Step | undefined): string {
  if (!step) return "–";
  if (step.state === "cached") return "cached";
  if (step.start === undefined || step.end === undefined) return step.state;
  return `${step.state === "failed" ? "failed, " : ""}${duration(step.end - step.start)}`;
}
