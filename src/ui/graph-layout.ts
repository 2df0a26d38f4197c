import type { Step } from "./build-model.js";

/** Where a step is in the graph: its column, and its row in the column, from 0. */
export interface Place {
  step: Step;
  column: number;
  row: number;
}

/** The places of steps, and the places of the inputs of each. */
export interface GraphLayout {
  places: ReadonlyMap<string, Place>;
  columns: number;
  rows: number;
}

/**
 * Puts each step into the column after the last one of its inputs, and beside them where there is room. Inputs that are no
 * steps do not count, nor do those that a wrong cycle leads back to.
 */
export function layOut(steps: readonly Step[]): GraphLayout {
  const byKey = new Map(steps.map((step) => [step.key, step]));
  const columns: Place[][] = [];
  const places = new Map<string, Place>();
  for (const step of inOrder(steps, byKey)) {
    const inputs = step.inputs.flatMap((key) => places.get(key) ?? []);
    const column = Math.max(-1, ...inputs.map((input) => input.column)) + 1;
    columns[column] ??= [];
    const place = { step, column, row: columns[column].length };
    columns[column].push(place);
    places.set(step.key, place);
  }
  for (const column of columns) {
    const wanted = new Map(column.map((place) => [place, meanRow(place, places)]));
    column.sort((a, b) => wanted.get(a)! - wanted.get(b)!);
    let next = 0;
    for (const place of column) {
      place.row = Math.max(next, Math.round(wanted.get(place)!));
      next = place.row + 1;
    }
  }
  const rows = Math.max(0, ...[...places.values()].map(({ row }) => row + 1));
  return { places, columns: columns.length, rows };
}

/** The mean row of the inputs; its own without any. */
function meanRow({ step, row }: Place, places: ReadonlyMap<string, Place>): number {
  const rows = step.inputs.flatMap((key) => places.get(key)?.row ?? []);
  return rows.length === 0 ? row : rows.reduce((sum, value) => sum + value, 0) / rows.length;
}

/** The steps, each after its inputs. Not by recursion: a chain can be as long as there are steps. */
function inOrder(steps: readonly Step[], byKey: ReadonlyMap<string, Step>): Step[] {
  const ordered: Step[] = [];
  const seen = new Set<Step>();
  for (const first of steps) {
    const open = [{ step: first, next: 0 }];
    if (seen.has(first)) continue;
    seen.add(first);
    while (open.length > 0) {
      const top = open.at(-1)!;
      const key = top.step.inputs[top.next++];
      const input = key === undefined ? undefined : byKey.get(key);
      if (key === undefined) ordered.push(open.pop()!.step);
      else if (input && !seen.has(input)) {
        seen.add(input);
        open.push({ step: input, next: 0 });
      }
    }
  }
  return ordered;
}
