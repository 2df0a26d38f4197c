import { randomBytes } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { engineEnvironment, startHost, type TestHost } from "../host/host.js";
import { lab } from "../lab/index.js";
import { cells, removeImages, type Walk } from "./cells.js";
import { type Cell, type Column, type Refusal, type Row, rows } from "./table.js";

/** Walks the rows of a driver. Each driver has a file of its own, so that they are walked side by side. */
export function walkRows(driver: string): void {
  it.each(rows.filter((row) => row.driver === driver))("$title on $engine", walkRow);
}

async function walkRow(row: Row): Promise<void> {
  const host = await startHost();
  const walk = { row, host, builder: await createBuilder(host, row), image: imageName() };
  onTestFinished(() => removeImages(walk));
  const seen: Record<string, Cell> = {};
  for (const column of Object.keys(row.cells) as Column[]) seen[column] = await outcome(column, walk);
  expect(seen).toEqual(expected(row));
}

/** The row as `toEqual` compares it. */
function expected({ cells }: Row): Record<string, unknown> {
  const entries = Object.entries(cells).map(([column, cell]) => [
    column,
    cell === "yes" ? cell : { ...cell, remedy: expect.stringContaining(cell.remedy) },
  ]);
  return Object.fromEntries(entries);
}

async function outcome(column: Column, walk: Walk): Promise<Cell> {
  try {
    const answer = await cells[column](walk);
    return answer === "yes" ? answer : pick(answer);
  } catch (cause) {
    const { reason, fields = [], remedy = "", message } = readTypedError(cause);
    if (!fields[0]) throw new Error(`${column}: ${reason}: ${message}`, { cause });
    return { reason, field: fields[0].field, remedy };
  }
}

const pick = ({ reason, field, remedy }: Refusal): Refusal => ({ reason, field, remedy });

const imageName = () => `driver-table-${randomBytes(4).toString("hex")}`;

async function createBuilder(host: TestHost, { driver, engine, node }: Row): Promise<string> {
  if (!node) return "";
  const environment = engineEnvironment(engine);
  const name = `walked-${randomBytes(3).toString("hex")}`;
  await host.builders.createBuilder({ name, driver, environment, node: await node(lab()) });
  onTestFinished(async () => void (await host.builders.removeBuilder({ name })));
  return name;
}
