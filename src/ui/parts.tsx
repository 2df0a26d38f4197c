import type { ComponentChildren } from "preact";
import type { Diagnostic } from "../gen/slipway/common/v1/diagnostic_pb.js";
import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../gen/slipway/v1/build_pb.js";
import type { Problem } from "./api.js";
import { words } from "./format.js";

/** Why the host refuses, and what to do. */
export function ProblemPanel({ problem }: { problem: Problem | undefined }) {
  if (!problem) return null;
  return (
    <div class="panel failed" role="alert">
      <ProblemText problem={problem} />
    </div>
  );
}

/** What the host says, what to do, and the id by which its log has the call. A click selects the id. */
export function ProblemText({ problem: { message, reason, remedy, callId } }: { problem: Problem }) {
  return (
    <>
      <p>
        <strong>{message}</strong> <code>{reason}</code>
      </p>
      {remedy && <p>{remedy}</p>}
      {callId && (
        <p class="note">
          Call <code class="id">{callId}</code>
        </p>
      )}
    </>
  );
}

/** A state by colour, sign and word. `kind` is a class of style.css. */
export function Badge({ kind, children }: { kind: string; children: ComponentChildren }) {
  return <span class={`badge ${kind}`}>{children}</span>;
}

const kinds: Partial<Record<BuildState, string>> = {
  [BuildState.QUEUED]: "waiting",
  [BuildState.PENDING]: "waiting",
  [BuildState.RUNNING]: "running",
  [BuildState.SUCCEEDED]: "done",
  [BuildState.FAILED]: "failed",
  [BuildState.CANCELED]: "canceled",
};

/** The state of a build; one that stands still for its debugger is held. */
export function BuildBadge({ state, held }: { state: BuildState; held?: boolean }) {
  if (held) return <Badge kind="waiting">held</Badge>;
  return <Badge kind={kinds[state] ?? "waiting"}>{words(BuildState[state])}</Badge>;
}

/** Who started a build, and whether it is an untrusted one. */
export function OwnerView({ build: { owner, untrusted } }: { build: Build }) {
  return (
    <>
      {owner}
      {untrusted && (
        <>
          {" "}
          <Badge kind="waiting">untrusted</Badge>
        </>
      )}
    </>
  );
}

/** Whether a build has not ended. */
export function isOpen(state: BuildState): boolean {
  return state === BuildState.QUEUED || state === BuildState.PENDING || state === BuildState.RUNNING;
}

/** Names and values; those without a value are left out. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== undefined && value !== "" && value !== false)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** Findings with what to do about them. */
export function Diagnostics({ diagnostics }: { diagnostics: readonly Diagnostic[] }) {
  if (diagnostics.length === 0) return null;
  return (
    <ul class="plain">
      {diagnostics.map(({ reason, message, remedy }, index) => (
        <li key={index}>
          {message} {reason && <code>{reason}</code>}
          {remedy && <p class="note">{remedy}</p>}
        </li>
      ))}
    </ul>
  );
}
