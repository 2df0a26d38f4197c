import { NodeState } from "../gen/slipway/common/v1/node_state_pb.js";
import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../gen/slipway/v1/build_pb.js";
import type { BuilderInstance, Node } from "../gen/slipway/v1/builder_pb.js";
import { api } from "./api.js";
import { DiskUsage } from "./disk-usage.js";
import { words } from "./format.js";
import { Badge, BuildBadge, Diagnostics, Facts, ProblemPanel } from "./parts.js";
import { linkTo } from "./route.js";
import { usePoll } from "./use-poll.js";
import { useTitle } from "./use-title.js";

/** How often the nodes are asked for their state, in milliseconds. */
const inspectMs = 10_000;
/** How often the builds that have not ended are read, in milliseconds, and how many of them are shown. */
const openMs = 2000;
const openCount = 100;
const openStates = [BuildState.QUEUED, BuildState.PENDING, BuildState.RUNNING];

/** The builders and their nodes. */
export function BuildersPage() {
  useTitle("Builders");
  // What is stored is there at once; the nodes may take long to answer.
  const stored = usePoll("stored", (signal) => api.builders.listBuilders({}, { signal }), inspectMs);
  const inspected = usePoll(
    "nodes",
    (signal) => api.builders.listBuilders({ inspect: true }, { signal }),
    inspectMs,
  );
  const open = usePoll(
    "open",
    (signal) => api.builds.listBuilds({ pageSize: openCount, states: openStates }, { signal }),
    openMs,
  );
  const value = inspected.value ?? stored.value;
  return (
    <>
      <div class="heading">
        <h1>Builders</h1>
        <a href={linkTo("builders", "new")}>New builder</a>
      </div>
      <ProblemPanel problem={stored.problem ?? inspected.problem} />
      <Diagnostics diagnostics={value?.diagnostics ?? []} />
      {value?.builders.length === 0 && <p class="empty">No builders.</p>}
      {value?.builders.map((builder) => (
        <Builder
          key={builder.name}
          builder={builder}
          builds={open.value?.builds.filter((build) => build.builder === builder.name) ?? []}
        />
      ))}
    </>
  );
}

function Builder({ builder, builds }: { builder: BuilderInstance; builds: readonly Build[] }) {
  const { name, driver, current, implicit, origin, description, allowedPrincipals, error, nodes } = builder;
  const kind = implicit ? "offered by its driver" : origin ? `of another program: ${origin}` : "";
  const hasRunning = nodes.some(({ status }) => status?.state === NodeState.RUNNING);
  return (
    <section class="card" aria-labelledby={`builder-${name}`}>
      <div class="heading">
        <h2 id={`builder-${name}`}>{name}</h2>
        <span class="note">
          {[driver, current && "default", kind, description].filter(Boolean).join(", ")}
        </span>
      </div>
      {allowedPrincipals.length > 0 && <p class="note">{`For ${allowedPrincipals.join(", ")}`}</p>}
      {error && <Diagnostics diagnostics={[error]} />}
      {nodes.map((node) => (
        <NodeView key={node.spec?.name} node={node} />
      ))}
      {builds.length > 0 && (
        <ul class="plain after" aria-label={`Builds on ${name}`}>
          {builds.map(({ id, displayName, state, held }) => (
            <li key={id}>
              <BuildBadge state={state} held={held} /> <a href={linkTo("builds", id)}>{displayName || id}</a>
            </li>
          ))}
        </ul>
      )}
      {hasRunning && <DiskUsage builder={name} />}
    </section>
  );
}

const kinds: Partial<Record<NodeState, string>> = {
  [NodeState.RUNNING]: "done",
  [NodeState.STARTING]: "running",
  [NodeState.STOPPING]: "running",
  [NodeState.UNREACHABLE]: "failed",
};

function NodeView({ node }: { node: Node }) {
  const { spec, status, error, buildkitVersion, platforms } = node;
  return (
    <div class="node-view">
      <div class="heading">
        <h3>{spec?.name}</h3>
        {status && <Badge kind={kinds[status.state] ?? "canceled"}>{words(NodeState[status.state])}</Badge>}
      </div>
      {status?.message && (
        <p>
          {status.message} {status.reason && <code>{status.reason}</code>}
        </p>
      )}
      {status?.remedy && <p class="note">{status.remedy}</p>}
      {error && <Diagnostics diagnostics={[error]} />}
      <Facts
        facts={[
          ["Endpoint", spec?.endpoint],
          ["BuildKit", buildkitVersion],
          ["Platforms", platforms.join(", ")],
          ["Backend", status?.backend],
          ["Changed settings", status?.changedFields.join(", ")],
          [
            "Parts",
            status?.dynamicNodes.map(({ name, state }) => `${name} ${words(NodeState[state])}`).join(", "),
          ],
        ]}
      />
    </div>
  );
}
