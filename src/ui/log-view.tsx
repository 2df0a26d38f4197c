import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Step } from "./build-model.js";
import { LogScroll } from "./log-scroll.js";
import { LogSearch } from "./log-search.js";
import type { LogSpan } from "./log-style.js";
import { useChanges } from "./observable.js";

/** Height of a line in style.css, in pixels. */
const lineHeight = 18;
/** Lines above and below the visible ones that are also made. */
const spare = 20;

/** The log of a step. Only the lines that can be seen are in the document. */
export function LogView({ step, onClose }: { step: Step; onClose: () => void }) {
  const { log } = step;
  const area = useRef<HTMLDivElement>(null);
  const [scroll] = useState(() => new LogScroll());
  const [{ top, offset, height }, setShown] = useState({ top: 0, offset: 0, height: 600 });
  const [isFollowing, follow] = useState(step.state !== "done" && step.state !== "cached");
  const [query, setQuery] = useState("");
  const [search] = useState(() => new LogSearch(log));
  const [current, setCurrent] = useState(0);
  useChanges(search);
  const { matches } = search;
  const count = log.count;
  scroll.resize(count * lineHeight, height);

  const note = (element: HTMLElement) => {
    const { top, offset } = scroll;
    setShown({ top, offset, height: element.clientHeight });
  };
  /** Puts a part of the log at the upper edge. */
  const place = (element: HTMLElement, wanted: number) => {
    const top = Math.min(Math.max(0, wanted), scroll.end);
    element.scrollTop = scroll.positionOf(top);
    scroll.placed(top, element.scrollTop);
    note(element);
  };

  useLayoutEffect(() => {
    const { current: element } = area;
    if (!element) return;
    scroll.resize(count * lineHeight, element.clientHeight);
    if (isFollowing) place(element, scroll.end);
    else if (scroll.isBlocked) place(element, scroll.top);
    else note(element);
  }, [count, isFollowing]);

  useEffect(() => {
    search.resume();
    return () => search.pause();
  }, [search, count]);

  const show = (match: number) => {
    setCurrent(match);
    const line = matches[match];
    if (line === undefined || !area.current) return;
    follow(false);
    place(area.current, line * lineHeight - area.current.clientHeight / 2);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || matches.length === 0) return;
    event.preventDefault();
    show((current + (event.shiftKey ? matches.length - 1 : 1)) % matches.length);
  };
  // Another text begins at its first match.
  useEffect(() => show(0), [query, matches.length > 0]);

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
            onInput={({ currentTarget: { value } }) => {
              search.find(value);
              setQuery(value);
            }}
            onKeyDown={onKeyDown}
          />
        </label>
        <span role="status" class="note">
          {query && outcomeOf(search, current)}
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
          scroll.resize(count * lineHeight, element.clientHeight);
          scroll.moved(element.scrollTop);
          note(element);
          follow(scroll.top >= scroll.end - lineHeight / 2);
        }}
        // The element has moved as far as the log: its place is that of the log again.
        onScrollEnd={({ currentTarget: element }) => place(element, scroll.top)}
      >
        {count === 0 && <p class="empty">No output.</p>}
        <div class="all" style={{ height: `${scroll.height}px` }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, at) => {
            const index = first + at;
            const match = found.has(index) ? (matches[current] === index ? " match current" : " match") : "";
            return (
              <div key={index} class={`line${match}`} style={{ top: `${index * lineHeight - offset}px` }}>
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

/** What a search has found, for people. */
function outcomeOf({ matches, isSearching, title }: LogSearch, current: number): string {
  if (matches.length > 0) return `${current + 1} of ${title}`;
  return isSearching ? "searching…" : "not found";
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
