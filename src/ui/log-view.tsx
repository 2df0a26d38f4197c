import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Step } from "./build-model.js";
import { LogSearch } from "./log-search.js";
import type { LogSpan } from "./log-style.js";

/** Height of a line in style.css, in pixels. */
const lineHeight = 18;
/** Lines above and below the visible ones that are also made. */
const spare = 20;

/** The log of a step. Only the lines that can be seen are in the document. */
export function LogView({ step, onClose }: { step: Step; onClose: () => void }) {
  const { log } = step;
  const area = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [isFollowing, follow] = useState(step.state !== "done" && step.state !== "cached");
  const [query, setQuery] = useState("");
  const [search] = useState(() => new LogSearch(log));
  const [current, setCurrent] = useState(0);
  const matches = search.matches(query);
  const count = log.count;

  useLayoutEffect(() => {
    const { current: element } = area;
    if (!element) return;
    setHeight(element.clientHeight);
    if (isFollowing) element.scrollTop = element.scrollHeight;
  }, [count, isFollowing]);

  const show = (match: number) => {
    setCurrent(match);
    const line = matches[match];
    if (line === undefined || !area.current) return;
    follow(false);
    area.current.scrollTop = Math.max(0, line * lineHeight - area.current.clientHeight / 2);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || matches.length === 0) return;
    event.preventDefault();
    show((current + (event.shiftKey ? matches.length - 1 : 1)) % matches.length);
  };
  // Another text begins at its first match.
  useEffect(() => show(0), [query]);

  const first = Math.max(0, Math.floor(top / lineHeight) - spare);
  const last = Math.min(count, Math.ceil((top + height) / lineHeight) + spare);
  const found = new Set(matches);
  return (
    <section class="log-panel" aria-label={`Log of ${step.name}`}>
      <div class="log-bar">
        <h3 class="title">{step.name}</h3>
        <button type="button" aria-label="Close the log" onClick={onClose}>
          ×
        </button>
      </div>
      <div class="log-bar">
        <label>
          <span class="hidden">Search the log</span>
          <input
            type="search"
            placeholder="Search"
            value={query}
            onInput={(event) => setQuery(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
        </label>
        <span role="status" class="note">
          {query && (matches.length > 0 ? `${current + 1} of ${search.title}` : "not found")}
        </span>
        <label class="check">
          <input
            type="checkbox"
            checked={isFollowing}
            onChange={(event) => follow(event.currentTarget.checked)}
          />
          Follow
        </label>
        <button type="button" disabled={count === 0} onClick={() => download(step)}>
          Download
        </button>
      </div>
      <div
        ref={area}
        class="log lines"
        role="log"
        aria-live="off"
        aria-label="Lines"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: one scrolls in it with the keyboard
        tabIndex={0}
        onScroll={({ currentTarget: element }) => {
          setTop(element.scrollTop);
          setHeight(element.clientHeight);
          follow(element.scrollTop + element.clientHeight >= element.scrollHeight - lineHeight / 2);
        }}
      >
        {count === 0 && <p class="empty">No output.</p>}
        <div class="all" style={{ height: `${count * lineHeight}px` }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, offset) => {
            const index = first + offset;
            const match = found.has(index) ? (matches[current] === index ? " match current" : " match") : "";
            return (
              <div key={index} class={`line${match}`} style={{ top: `${index * lineHeight}px` }}>
                <span class="line-number" aria-hidden="true">
                  {index + 1}
                </span>
                <LogLine spans={log.spans(index)} />
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}

/** The text of a line with its colours, and its end. */
export function LogLine({ spans }: { spans: readonly LogSpan[] }) {
  return (
    <>
      {spans.map(({ text, style }, index) =>
        style ? (
          <span key={index} class={style}>
            {text}
          </span>
        ) : (
          text
        ),
      )}
      {"\n"}
    </>
  );
}

function download({ name, log }: Step): void {
  const url = URL.createObjectURL(new Blob(log.bytes(), { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name.replace(/[^\w.-]+/g, "-").slice(0, 80) || "step"}.log`;
  link.click();
  URL.revokeObjectURL(url);
}
