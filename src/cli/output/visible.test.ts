import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { describe, expect, test, vi } from "vitest";
import { typedError } from "../../errors/typed-error.js";
import { BuildErrorSchema } from "../../gen/slipway/build/v1/build_error_pb.js";
import { BuildProgressSchema, VertexWarningSchema } from "../../gen/slipway/build/v1/build_progress_pb.js";
import { DiagnosticSchema } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { BuilderInstanceSchema, UsageRecordSchema } from "../../gen/slipway/v1/builder_pb.js";
import { PluginSchema, PluginState } from "../../gen/slipway/v1/plugin_pb.js";
import { warningsReport } from "../build/warnings-report.js";
import { describe as describeBuilder } from "../builders/run-inspect.js";
import { usageDetails } from "../builders/usage-records.js";
import { buildJson, buildsTable } from "../builds/build-output.js";
import { BuildFailure } from "../command-error.js";
import { printPlugins } from "../plugins/plugin-output.js";
import { colorsOf } from "../progress/colors.js";
import { PlainDisplay } from "../progress/plain.js";
import { RawJsonDisplay } from "../progress/raw-json.js";
import { TtyDisplay } from "../progress/tty.js";
import { reportError } from "../report-error.js";
import { printWarnings } from "./diagnostics.js";
import { jsonLine } from "./format.js";
import { LiveText } from "./live-text.js";
import { drawFrame, print, printColored, printError } from "./print.js";
import { parseRowFormat } from "./template.js";

const esc = String.fromCharCode(0x1b);
const bel = String.fromCharCode(0x07);

/** What a hostile text does to a terminal that shows it as it is. */
const attacks: Record<string, string> = {
  "sets the title": `a${esc}]0;PWNED${bel}b`,
  "writes the clipboard": `a${esc}]52;c;cm0gLXJm${esc}\\b`,
  "clears the screen": `a${esc}[2J${esc}[Hb`,
  "moves the cursor up": `a${esc}[3Ab`,
  "hides the cursor": `a${esc}[?25lb`,
  "resets the terminal": `a${esc}cb`,
  "uses 8-bit sequences": "a\u009b2J\u009d0;x\u009cb",
  "rings and erases": `a${bel}\b\b\u007fb`,
  "reverses the direction": "a\u202egnp.exe\u2066b",
  "is invisible": "a\u200b\u2060\ufeff\u{e0041}b",
  "is another line": "a\u2028b\u2029c\u0085d",
};

/** The outputs that show texts of builders, builds and steps. */
const outputs: Record<string, (text: string) => void> = {
  "a table": (text) => print(buildsTable([create(BuildSchema, { displayName: text, builder: text })])),
  "a template": (text) => {
    const format = parseRowFormat("{{.Name}}", { Name: "NAME" });
    if (typeof format !== "string") print(format.print([{ Name: text }], () => ""));
  },
  JSON: (text) => print(jsonLine(buildJson(create(BuildSchema, { displayName: text })))),
  "indented JSON": (text) => print(JSON.stringify({ [text]: text }, undefined, 2)),
  "a builder": (text) => {
    const error = { message: text, remedy: text };
    const node = { spec: { name: text, endpoint: text }, error };
    print(describeBuilder(create(BuilderInstanceSchema, { name: text, error, nodes: [node] })));
  },
  "disk usage": (text) => {
    print(usageDetails([create(UsageRecordSchema, { description: text, parents: [text] })]));
  },
  plugins: (text) => {
    const state = PluginState.DISABLED;
    printPlugins([create(PluginSchema, { name: text, message: text, lastLines: [text], state })]);
  },
  warnings: (text) => printWarnings([create(DiagnosticSchema, { message: text, remedy: text })]),
  "an error": (text) => {
    const fields = ["a", "b"].map((field) => ({ field: text + field, message: text, remedy: text }));
    const error = {
      code: Code.NotFound,
      reason: "FILE_NOT_FOUND",
      message: text,
      remedy: text,
      fields,
    } as const;
    printError(reportError(typedError(error)).text);
  },
  "a failure with its source": (text) => {
    const source = { filename: text, data: Buffer.from(text), ranges: [{ startLine: 1, endLine: 1 }] };
    const error = create(BuildErrorSchema, { message: text, sources: [source] });
    printError(reportError(new BuildFailure(error, true)).text);
  },
  "warnings of the frontend": (text) => {
    const source = { filename: text, data: Buffer.from(text), ranges: [{ startLine: 1, endLine: 1 }] };
    const warning = create(VertexWarningSchema, { short: text, detail: [text], url: text, source });
    const colors = colorsOf({ NO_COLOR: "1" });
    for (const debug of [false, true]) printColored(warningsReport([warning], { debug, colors }));
  },
  "plain progress": (text) => show(new PlainDisplay({ write: printColored, now }), text),
  "JSON progress": (text) => show(new RawJsonDisplay({ write: printColored, now }), text),
  "live progress": (text) => {
    const terminal = { columns: 80, rows: 24 };
    show(new TtyDisplay({ write: drawFrame, now, terminal, env: { NO_COLOR: "1" } }), text);
  },
  "a live table": (text) => {
    const terminal = { columns: 80, rows: 24, write: (written: string) => process.stdout.write(written) };
    const live = new LiveText(terminal as never);
    live.show(text);
    live.end(text);
  },
};

const now = () => 5_000;

/** Shows a step that runs, and then fails. */
function show(display: PlainDisplay | RawJsonDisplay | TtyDisplay, text: string): void {
  display.describe({ builder: text, driver: text });
  const startTime = { seconds: 1n, nanos: 0 };
  const step = { id: "d", name: text, startTime };
  const update = (init: MessageInitShape<typeof BuildProgressSchema>) => {
    display.update(create(BuildProgressSchema, init));
    display.refresh();
  };
  const log = { vertex: "d", stream: 1, time: startTime };
  update({ node: text, vertexes: [step], logs: [{ ...log, data: Buffer.from(text) }] });
  update({
    node: text,
    statuses: [{ vertex: "d", id: text, startTime, time: startTime }],
    warnings: [{ vertex: "d", short: text }],
    logs: [{ ...log, data: Buffer.from(`${text}\n`) }],
  });
  update({ node: text, vertexes: [{ ...step, endTime: { seconds: 2n, nanos: 0 }, error: text }] });
  display.close();
}

/** The sequences with which the live views draw: at the beginning and the end of a frame, and after its lines. */
const drawing = new RegExp(
  `^(?:${esc}\\[\\?25l(?:${esc}\\[\\d+A\\r)?|${esc}\\[\\d+A${esc}\\[J)|${esc}\\[K(?=\n)|${esc}\\[J${esc}\\[\\?25h$`,
  "g",
);

/** Everything that is written to the terminal, except what draws the live views. */
function writtenBy(work: () => void): string {
  let all = "";
  const write = (chunk: unknown) => {
    all += String(chunk).replace(drawing, "");
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation(write),
  );
  try {
    work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return all;
}

describe.each(Object.entries(outputs))("%s", (_output, print) => {
  test.each(Object.entries(attacks))("shows a text that %s without its effect", (_attack, text) => {
    const written = writtenBy(() => print(text));
    expect(written).toMatch(/\S/);
    expect(written.match(/[^\P{C}\n\t]|[\u2028\u2029]/gu)).toBeNull();
  });
});

test("a name with a line end does not become another line", () => {
  const name = "app\nb2  other  builder  succeeded\r\n";
  const written = writtenBy(() => {
    outputs["a table"]!(name);
    outputs["a template"]!(name);
    outputs["disk usage"]!(name);
  });
  expect(written).toContain("app\\nb2  other  builder  succeeded\\r\\n");
  expect(written).not.toMatch(/^b2/m);
});

test("escapes keep JSON as it is", () => {
  for (const text of Object.values(attacks)) {
    expect(JSON.parse(writtenBy(() => outputs.JSON!(text)))).toMatchObject({ Name: text });
  }
});

test("the output of steps keeps its colours and progress bars, also in several pieces", () => {
  const display = new PlainDisplay({ write: printColored, now });
  const time = { seconds: 1n, nanos: 0 };
  const pieces = ["10%\r20%", esc, "[3", "1mred", `${esc}[0`, `m ${esc}]0;title${bel}`, "end\n"];
  const written = writtenBy(() => {
    display.update(
      create(BuildProgressSchema, { vertexes: [{ id: "d", name: "[1/1] RUN", startTime: time }] }),
    );
    for (const data of pieces) {
      display.update(create(BuildProgressSchema, { logs: [{ vertex: "d", time, data: Buffer.from(data) }] }));
      display.refresh();
    }
  });
  expect(written).toBe(`#1 [1/1] RUN\n#1 0.000 10%\r20%${esc}[31mred${esc}[0m \\u001b]0;title\\u0007end\n`);
});

test("lines and tabs of texts stay", () => {
  const text = "first\n\tsecond\r\nthird é 漢 👍🏽\n";
  expect(writtenBy(() => print(text))).toBe(text);
});

test("only print.ts writes text to the terminal", async () => {
  const root = join(import.meta.dirname, "..");
  const files = (await readdir(root, { recursive: true })).filter((file) => /(?<!\.test)\.ts$/.test(file));
  const writers: string[] = [];
  for (const file of files) {
    const source = await readFile(join(root, file), "utf8");
    if (/std(out|err)(\(\))?\.write|console\.\w+\(/.test(source)) writers.push(file);
  }
  // dial-stdio forwards the bytes of a protocol.
  expect(writers.sort()).toEqual(["builders/run-dial-stdio.ts", "output/print.ts"]);
});
