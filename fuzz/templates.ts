import fc from "fast-check";
import { Template } from "../src/template/template.js";
import { TemplateError } from "../src/template/template-error.js";
import { Float, fromJson, GoMap, NilPointer, nilSlice, Struct, type Value } from "../src/template/values.js";
import { askPeer, buildPeer } from "./peers/peer.js";

/** Result of a comparison with docker's templates. */
export interface TemplateComparison {
  runs: number;
  /** Templates whose results differ, with both; null stands for an error. */
  differences: { template: string; ours: string | null; theirs: string | null }[];
  /** How many templates both accept. */
  accepted: number;
}

const item = (Name: string, Size: number, Tags: Value) =>
  new Struct("main.item", { Name, Size, Tags }, { tags: { Tags: "tags,omitempty" } });
const first = item("first", 3, ["x", "y"]);

/** The data of peers/text-template/main.go. */
const data = new Struct("main.data", {
  Name: "far-away_builder one",
  Text: "é<b>&\"quoted\" 'x' = 日本\n\ttab\\",
  Empty: "",
  Count: 42,
  Zero: 0,
  Ratio: new Float(2.5),
  Yes: true,
  No: false,
  List: ["b", "a", "c c"],
  Numbers: [3, -1, 20],
  Nothing: nilSlice,
  Labels: GoMap.ofTexts({ k: "v", a: "1", é: "z" }),
  Any: fromJson(
    JSON.parse(
      '{"a":1,"b":2.5,"c":"x<y","d":[1,"two",null],"e":{"f":true,"g":1e21},"h":null,"i":[],"j":1e-7}',
    ),
  ),
  Items: [first, item("second", 0, nilSlice)],
  Item: first,
  Nil: new NilPointer("*main.item"),
});

const fields = [
  ..."Name Text Empty Count Zero Ratio Yes No List Numbers Nothing Labels Any Items Item Nil Missing".split(
    " ",
  ),
];
const field = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...fields).map((name) => `.${name}`) },
  fc.constantFrom(
    ".Item.Name",
    ".Any.a",
    ".Any.d",
    ".Any.e.f",
    ".Any.h",
    ".Any.nope",
    ".Labels.k",
    ".Nil.Name",
  ),
  fc.constantFrom(".", "$", "$.Name", "$x", "$i"),
);
const literal = fc.constantFrom(
  ...'0 1 -1 2 3 10 1.5 1e3 0x1F 017 1_0 \'a\' true false nil "" "a" `b` "é\\n" " " "%s|%5d" "k"'.split(" "),
  '" "',
  '"%v %q"',
  '"%-8s|%08.3f"',
  '"%x %X %t %c %U %T"',
);
const operand: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: field },
  { weight: 3, arbitrary: literal },
  { weight: 1, arbitrary: fc.constantFrom("(index .Items 0).Name", "(len .List)", "(.Name)", '(print "a")') },
);
const name = fc.constantFrom(
  ..."and or not eq ne lt le gt ge len index slice print println printf html js urlquery".split(" "),
  ..."json split join title lower upper pad truncate nope".split(" "),
);
const command = fc.oneof(
  { weight: 3, arbitrary: operand },
  {
    weight: 4,
    arbitrary: fc
      .tuple(name, fc.array(operand, { maxLength: 3 }))
      .map(([call, operands]) => [call, ...operands].join(" ")),
  },
);
/** Calls that succeed, which random ones seldom do. */
const likely = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("eq", "ne", "lt", "le", "gt", "ge"),
      fc.constantFrom(".Count", "42", ".Zero", "1"),
      fc.constantFrom(".Count", "7", "-1"),
    )
    .map((words) => words.join(" ")),
  fc
    .tuple(
      fc.constantFrom("eq", "ne", "lt", "ge"),
      fc.constantFrom(".Name", ".Text", ".Labels.k"),
      fc.constantFrom('"v"', ".Empty", '"é"'),
    )
    .map((words) => words.join(" ")),
  fc
    .tuple(
      fc.constantFrom("json", "print", "len", "html", "js", "println", "not"),
      fc.constantFrom(
        ".Items",
        ".Labels",
        ".Any",
        ".Text",
        ".List",
        ".Any.e",
        ".Numbers",
        ".Nothing",
        ".Item",
        "$",
      ),
    )
    .map((words) => words.join(" ")),
  fc
    .tuple(
      fc.constantFrom("lower", "upper", "title", "urlquery"),
      fc.constantFrom(".Name", ".Text", ".Empty"),
    )
    .map((words) => words.join(" ")),
  fc
    .tuple(
      fc.constantFrom(".List", ".Numbers", ".Labels", ".Any.d", '(split .Name "-")'),
      fc.constantFrom('","', '""'),
    )
    .map(([list, by]) => `join ${list} ${by}`),
  fc
    .tuple(
      fc.constantFrom(".List", ".Numbers", ".Name"),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
    )
    .map(([of, from, to]) => `slice ${of} ${from} ${to}`),
  fc
    .tuple(fc.constantFrom(".List", ".Numbers", ".Any.d"), fc.integer({ min: 0, max: 3 }))
    .map(([of, at]) => `index ${of} ${at}`),
  fc
    .tuple(fc.constantFrom("pad .Name 1", "truncate .Name", "pad .Empty 3"), fc.integer({ min: 0, max: 5 }))
    .map((words) => words.join(" ")),
  fc
    .tuple(
      fc.constantFrom(
        "%d",
        "%5d|",
        "%-5d|",
        "%05d",
        "%+d",
        "%x",
        "%#x",
        "%o",
        "%b",
        "%c",
        "%q",
        "%U",
        "%v",
        "%s",
        "%T",
      ),
      fc.constantFrom(".Count", ".Zero", "-7", "65"),
    )
    .map(([verb, of]) => `printf "${verb}" ${of}`),
  fc
    .tuple(
      fc.constantFrom("%s", "%8s|", "%-8s|", "%.3s", "%q", "%x", "%v", "%d", "%T", "%%%s"),
      fc.constantFrom(".Name", ".Text", ".Labels.k", ".List", ".Yes"),
    )
    .map(([verb, of]) => `printf "${verb}" ${of}`),
  fc
    .tuple(
      fc.constantFrom("%f", "%.1f", "%8.2f|", "%e", "%g", "%v", "%.2g", "%+.1f"),
      fc.constantFrom(".Ratio", "1.5", ".Any.b", ".Any.a", "1e6", "0.00001"),
    )
    .map(([verb, of]) => `printf "${verb}" ${of}`),
);
const pipeline = fc
  .tuple(
    fc.constantFrom("", "", "", "", "$x := ", "$x = ", "$i, $x := "),
    fc.oneof({ weight: 2, arbitrary: likely }, command),
    fc.array(fc.oneof(command, fc.constantFrom("json", "print", "len", "upper", 'printf "%v"', "not")), {
      maxLength: 1,
    }),
  )
  .map(([variables, start, rest]) => variables + [start, ...rest].join(" | "));
const marked = (inner: string, [left, right]: [string, string]) => `{{${left}${inner}${right}}}`;
const trims = fc.tuple(fc.constantFrom("", "", "- ", " "), fc.constantFrom("", "", " -", " "));
const text = fc.constantFrom("", " ", "a", "\n", " x \n", "\t{", "}", "é");
const node: fc.Arbitrary<string> = fc.letrec<{ node: string; nodes: string }>((tie) => ({
  nodes: fc.array(tie("node"), { maxLength: 3 }).map((nodes) => nodes.join("")),
  node: fc.oneof(
    { depthSize: "small" },
    text,
    fc.tuple(pipeline, trims).map(([inner, marks]) => marked(inner, marks)),
    fc
      .tuple(
        fc.constantFrom("if", "with", "range", "range $i, $x :=", "range $x :=", 'block "b"'),
        fc.oneof(field, pipeline),
        tie("nodes"),
        fc.option(tie("nodes")),
        trims,
      )
      .map(([kind, over, body, otherwise, marks]) => {
        const rest = otherwise === null ? "" : `${marked("else", marks)}${otherwise}`;
        return `${marked(`${kind} ${over}`, marks)}${body}${rest}${marked("end", marks)}`;
      }),
    fc.constantFrom(
      "{{break}}",
      "{{continue}}",
      "{{/* c */}}",
      "{{- /* c */ -}}",
      "{{else}}",
      "{{end}}",
      '{{template "b" .}}',
      '{{define "b"}}[{{.}}]{{end}}',
    ),
  ),
})).nodes;
const template = fc
  .tuple(fc.constantFrom("", "", "{{$x := 1}}{{$i := 2}}"), node, fc.constantFrom("", "{{.Name}}"))
  .map((parts) => parts.join(""))
  // We refuse unknown variables earlier, where Go does so only when it gets there.
  .filter((each) => each.startsWith("{{$x := 1}}") || !/\$[ix] :?=/.test(each));

/** Compares our templates with docker's on generated ones. Needs Go. */
export async function compareWithDocker(runs: number, seed: number): Promise<TemplateComparison> {
  const peer = await buildPeer("text-template");
  const result: TemplateComparison = { runs, differences: [], accepted: 0 };
  const templates = fc.sample(template, { seed, numRuns: runs });
  const theirs = (await askPeer(peer, templates)).map((answer) => JSON.parse(answer) as string | null);
  for (const [index, each] of templates.entries()) {
    const ours = execute(each);
    if (ours !== null && theirs[index] === ours) result.accepted++;
    if (ours !== theirs[index]) result.differences.push({ template: each, ours, theirs: theirs[index]! });
  }
  return result;
}

/** Compares the templates, and prints the result. Returns the number of differences. */
export async function fuzzTemplates(runs: number, seed: number): Promise<number> {
  const { differences, accepted } = await compareWithDocker(runs, seed);
  for (const difference of differences) console.log(JSON.stringify(difference));
  console.log(`templates: ${runs}, accepted by both: ${accepted}, ${differences.length} differences`);
  return differences.length;
}

function execute(text: string): string | null {
  try {
    return new Template(text).execute(data);
  } catch (error) {
    if (error instanceof TemplateError) return null;
    throw error;
  }
}
