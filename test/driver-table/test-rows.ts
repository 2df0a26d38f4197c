import { randomBytes } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { engineEnvironment, startHost, type TestHost } from "../host/host.js";
import { lab } from "../lab/index.js";
import { cells, type RowContext, removeImages } from "./cells.js";
import { type Cell, type Column, type Refusal, type Row, rows } from "./table.js";

/** Tests the rows of a driver. Each driver has its own file, so that the drivers run in parallel. */
export function testRows(driver: string): void {
  it.each(rows.filter((row) => row.driver === driver))("$title on $engine", testRow);
}

async function testRow(row: Row): Promise<void> {
  const host = await startHost();
  const context = { row, host, builder: await createBuilder(host, row), image: imageName() };
  onTestFinished(() => removeImages(context));
  const seen: Record<string, Cell> = {};
  for (const column of Object.keys(row.cells) as Column[]) seen[column] = await outcome(column, context);
  expect(seen).toEqual(expected(row));
}

/** The row as a pattern for `toEqual`. */
function expected({ cells }: Row): Record<string, unknown> {
  const entries = Object.entries(cells).map(([column, cell]) => [
    column,
    cell === "yes" ? cell : { ...cell, remedy: expect.stringContaining(cell.remedy) },
  ]);
  return Object.fromEntries(entries);
}

async function outcome(column: Column, context: RowContext): Promise<Cell> {
  try {
    const answer = await cells[column](context);
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
  const name = `table-${randomBytes(3).toString("hex")}`;
  await host.builders.createBuilder({ name, driver, environment, node: await node(lab()) });
  onTestFinished(async () => void (await host.builders.removeBuilder({ name })));
  return name;
}
