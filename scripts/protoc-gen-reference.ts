/**
 * The plugin of `buf generate` for the reference of the published protocols: writes a page for each package, from the
 * comments in proto/.
 */
import {
  createEcmaScriptPlugin,
  type GeneratedFile,
  getComments,
  runNodeJs,
  type Schema,
} from "@bufbuild/protoplugin";

// The library has its own version of the descriptors' types.
type DescFile = Schema["files"][number];
type DescService = DescFile["services"][number];
type DescMessage = DescFile["messages"][number];
type DescField = DescMessage["fields"][number];
type DescEnum = DescFile["enums"][number];

interface Options {
  packages: string[];
}

const plugin = createEcmaScriptPlugin<Options>({
  name: "protoc-gen-reference",
  version: "v1",
  parseOptions: (options) => ({
    packages: options.filter(({ key }) => key === "packages").map(({ value }) => value),
  }),
  generateTs(schema: Schema<Options>) {
    for (const name of schema.options.packages) {
      const files = schema.files.filter(({ proto }) => proto.package === name);
      // One invocation has the files of one folder.
      if (files.length > 0) writePage(schema.generateFile(`${name}.md`), name, files);
    }
  },
});

function writePage(f: GeneratedFile, name: string, files: DescFile[]): void {
  f.print("# `", name, "`");
  f.print();
  f.print("<!-- Generated from the comments in proto/ by `npm run generate`. -->");
  f.print();
  f.print(files.map(({ proto }) => packageComment(proto)).find((comment) => comment) ?? "");
  const services = files.flatMap((file) => file.services);
  const messages = files.flatMap((file) => file.messages.flatMap(withNested));
  const enums = files.flatMap((file) => [
    ...file.enums,
    ...file.messages.flatMap((message) => message.nestedEnums),
  ]);
  for (const service of services) writeService(f, service);
  if (messages.length > 0) f.print("\n## Messages");
  for (const message of sorted(messages)) writeMessage(f, message);
  if (enums.length > 0) f.print("\n## Enums");
  for (const desc of sorted(enums)) writeEnum(f, desc);
}

function writeService(f: GeneratedFile, service: DescService): void {
  f.print("\n## ", service.name, "\n\n", commentOf(service));
  for (const method of service.methods) {
    const { name, methodKind, input, output } = method;
    const received = methodKind === "client_streaming" || methodKind === "bidi_streaming" ? "stream " : "";
    const returned = methodKind === "server_streaming" || methodKind === "bidi_streaming" ? "stream " : "";
    f.print("\n### ", service.name, ".", name, "\n");
    f.print("`", name, "(", received, input.name, ") returns (", returned, output.name, ")`\n");
    f.print(commentOf(method));
  }
}

function writeMessage(f: GeneratedFile, message: DescMessage): void {
  f.print("\n### ", message.name, "\n\n", commentOf(message));
  if (message.fields.length === 0) return;
  f.print("\n| Field | Type | Meaning |\n|---|---|---|");
  for (const field of message.fields) {
    const choice = field.oneof ? `One of \`${field.oneof.name}\`. ` : "";
    const meaning = `${choice}${cell(commentOf(field))}`;
    f.print("| `", field.name, "` = ", field.number, " | ", typeOf(field), " | ", meaning, " |");
  }
  writeLongComments(f, message.fields);
}

function writeEnum(f: GeneratedFile, desc: DescEnum): void {
  f.print("\n### ", desc.name, "\n\n", commentOf(desc), "\n\n| Value | Meaning |\n|---|---|");
  for (const value of desc.values)
    f.print("| `", value.name, "` = ", value.number, " | ", cell(commentOf(value)), " |");
  writeLongComments(f, desc.values);
}

/** Writes the comments that are too long for their cells as a list below the table. */
function writeLongComments(f: GeneratedFile, members: (DescField | DescEnum["values"][number])[]): void {
  const long = members.filter((member) => isLong(commentOf(member)));
  if (long.length > 0) f.print();
  for (const member of long)
    f.print("- **`", member.name, "`**: ", commentOf(member).replaceAll("\n\n", "\n\n  "));
}

/** A field's type as in its declaration; messages and enums without their package. */
function typeOf(field: DescField): string {
  const scalar = (type: number) => `\`${scalarNames[type]}\``;
  switch (field.fieldKind) {
    case "scalar":
      return scalar(field.scalar);
    case "enum":
      return `\`${field.enum.name}\``;
    case "message":
      return `\`${field.message.name}\``;
    case "list":
      return `list of ${field.listKind === "scalar" ? scalar(field.scalar) : `\`${(field.message ?? field.enum).name}\``}`;
    case "map":
      return `map of ${scalar(field.mapKey)} to ${
        field.mapKind === "scalar" ? scalar(field.scalar) : `\`${(field.message ?? field.enum).name}\``
      }`;
  }
}

/** Names of scalar types by their number in descriptor.proto. */
const scalarNames: Record<number, string> = {
  1: "double",
  2: "float",
  3: "int64",
  4: "uint64",
  5: "int32",
  8: "bool",
  9: "string",
  12: "bytes",
  13: "uint32",
};

function commentOf(desc: Parameters<typeof getComments>[0]): string {
  return text(getComments(desc).leading ?? "");
}

function packageComment({ sourceCodeInfo }: DescFile["proto"]): string {
  const packageField = 2;
  const location = sourceCodeInfo?.location.find(({ path }) => path.length === 1 && path[0] === packageField);
  return text(location?.leadingComments ?? "");
}

/** A comment with one line for each paragraph. */
function text(comment: string): string {
  const paragraphs = comment.split(/\n\s*\n/);
  return paragraphs.map((paragraph) => paragraph.trim().replaceAll(/\s*\n\s*/g, " ")).join("\n\n");
}

/** Whether a comment would make a table hard to read. */
function isLong(comment: string): boolean {
  return comment.length > 200;
}

/** A comment as a cell of a table. */
function cell(comment: string): string {
  if (isLong(comment)) return "See below.";
  return comment.replaceAll("|", "\\|").replaceAll("\n\n", "<br>");
}

function withNested(message: DescMessage): DescMessage[] {
  // The entries of maps are messages, too.
  return [
    message,
    ...message.nestedMessages.filter(({ proto }) => !proto.options?.mapEntry).flatMap(withNested),
  ];
}

function sorted<T extends { name: string }>(descs: T[]): T[] {
  return descs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

runNodeJs(plugin);
