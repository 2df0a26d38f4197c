import { expect, test } from "vitest";
import { LogScroll, maxHeight } from "./log-scroll.js";

const view = 600;
/** The last position of an element of the greatest height. */
const last = maxHeight - view;

function scrollOf(content: number): LogScroll {
  const scroll = new LogScroll();
  scroll.resize(content, view);
  return scroll;
}

/** What an element does that is scrolled so that a part of the log is at its upper edge. */
function place(scroll: LogScroll, top: number): number {
  const position = scroll.positionOf(top);
  scroll.placed(top, position);
  return position;
}

test.each([0, 500, 18_000, maxHeight])("a log of %d pixels scrolls as its element", (content) => {
  const scroll = scrollOf(content);
  expect(scroll.height).toBe(content);
  for (const position of [scroll.end, scroll.end / 2, 0.5, 0]) {
    scroll.moved(position);
    expect(scroll).toMatchObject({ top: position, offset: 0 });
    expect(scroll.positionOf(position)).toBe(position);
  }
});

test("jumps reach the begin, the end and the same share of a log that is taller than an element can be", () => {
  const content = maxHeight * 45;
  const scroll = scrollOf(content);
  expect(scroll.height).toBe(maxHeight);
  scroll.moved(last);
  expect(scroll.top).toBe(content - view);
  scroll.moved(last / 2);
  expect(scroll.top / scroll.end).toBeCloseTo(0.5, 5);
  scroll.moved(0);
  expect(scroll.top).toBe(0);
});

test("a wheel skips no line, wherever it is turned", () => {
  const scroll = scrollOf(maxHeight * 45);
  for (const from of [0, 900_000, 50_000_000, scroll.end - 1_000_500, scroll.end - 4_500]) {
    const begin = place(scroll, from);
    for (let turn = 1; turn <= 20; turn++) {
      scroll.moved(begin + turn * 100);
      expect(scroll.top).toBe(from + turn * 100);
    }
  }
});

test("a wheel reaches the end by as many turns as the log is long", () => {
  const scroll = scrollOf(maxHeight * 3);
  let turns = 0;
  for (place(scroll, 0); scroll.top < scroll.end; turns++) {
    const position = place(scroll, scroll.top);
    scroll.moved(Math.min(last, position + 4_000));
  }
  expect(turns).toBe(Math.ceil(scroll.end / 4_000));
});

test("a place in the log stays when the log grows", () => {
  const scroll = scrollOf(maxHeight);
  scroll.moved(last);
  const { top } = scroll;
  scroll.resize(maxHeight * 10, view);
  expect(scroll.isBlocked).toBe(true);
  expect(place(scroll, top)).toBeLessThan(last);
  expect(scroll).toMatchObject({ top, isBlocked: false });
});

test("the way from a part of the log to the position of the element and back", () => {
  const scroll = scrollOf(maxHeight * 45);
  let before = -1;
  for (let top = 0; top <= scroll.end; top += 999_983) {
    const position = place(scroll, top);
    expect(position).toBeGreaterThan(before);
    expect(position).toBeLessThanOrEqual(last);
    expect(scroll.top).toBe(top);
    before = position;
  }
});
