import type { BuildError as BuildFailure } from "../gen/slipway/build/v1/build_error_pb.js";
import type { SourceLocation } from "../gen/slipway/build/v1/source_pb.js";
import type { Step } from "./build-model.js";
import { LogLine } from "./log-view.js";

/** Lines of a source above and below the fault, and of the log of a step that failed. */
const around = 3;
const lastLines = 12;

/** Why a build did not succeed: the error, what to do, where it is in the sources, and the end of the step's log. */
export function BuildError({ error, step }: { error: BuildFailure; step: Step | undefined }) {
  const { reason, message, remedy, field, node, sources } = error;
  const count = step?.log.count ?? 0;
  const first = Math.max(0, count - lastLines);
  return (
    <section class={`panel ${reason === "CANCELED" ? "canceled" : "failed"}`} aria-labelledby="error">
      <h2 id="error" class="hidden">
        Error
      </h2>
      <p class="message">
        <strong>{message}</strong> <code>{reason}</code>
      </p>
      {remedy && <p>{remedy}</p>}
      {(field || node) && (
        <p class="note">{[field && `field ${field}`, node && `node ${node}`].filter(Boolean).join(", ")}</p>
      )}
      {sources.map((source, index) => (
        <Excerpt key={index} source={source} />
      ))}
      {step && count > 0 && (
        <>
          <h3>{step.name}</h3>
          <pre class="excerpt">
            {Array.from({ length: count - first }, (_, index) => (
              <LogLine key={index} spans={step.log.spans(first + index)} />
            ))}
          </pre>
        </>
      )}
    </section>
  );
}

function Excerpt({ source: { filename, data, ranges } }: { source: SourceLocation }) {
  const lines = new TextDecoder().decode(data).split("\n");
  const from = Math.min(...ranges.map(({ startLine }) => startLine));
  const to = Math.max(...ranges.map(({ endLine }) => endLine));
  if (data.length === 0 || ranges.length === 0) return null;
  const first = Math.max(1, from - around);
  const shown = lines.slice(first - 1, to + around);
  return (
    <>
      <h3>{`${filename}, line ${from}`}</h3>
      <pre class="source">
        {shown.map((text, index) => {
          const number = first + index;
          const isFault = ranges.some(({ startLine, endLine }) => number >= startLine && number <= endLine);
          const line = `${String(number).padStart(4)}  ${text}\n`;
          return isFault ? <mark key={number}>{line}</mark> : line;
        })}
      </pre>
    </>
  );
}
