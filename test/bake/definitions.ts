import fc from "fast-check";

/** Expressions of each type, which use the variables of {@link definitions}. */
const { text, number, bool, list } = fc.letrec<{ text: string; number: string; bool: string; list: string }>(
  (tie) => {
    const depth = { maxDepth: 3, withCrossShrink: true };
    const join = (...parts: (string | fc.Arbitrary<string>)[]) =>
      fc
        .tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part)))
        .map((all) => all.join(""));
    const { text, number, bool, list } = {
      text: tie("text"),
      number: tie("number"),
      bool: tie("bool"),
      list: tie("list"),
    };
    return {
      text: fc.oneof(
        depth,
        fc.constantFrom('"a"', '"B c"', '"é😀"', '"1.2.3"', '""', '"a,b,,c"', '"$${x}"', "WORD", "OTHER"),
        join('"<${', text, "}|${", number, '}>"'),
        join('"%{ if ', bool, " }yes%{ else }${", number, '}%{ endif }"'),
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is HCL
        join('"%{ for x in ', list, ' }[${x}]%{ endfor }"'),
        join(
          fc.constantFrom("upper", "lower", "title", "trimspace", "reverse", "sha256", "md5", "base64encode"),
          "(",
          text,
          ")",
        ),
        join("replace(", text, ', "a", ', text, ")"),
        join("substr(", text, ", ", fc.constantFrom("0, 1", "1, 2", "-1, -1", "0, -1"), ")"),
        join("regex_replace(", text, ', "[a-c]+", "-")'),
        join("join(", text, ", ", list, ")"),
        join('format("%s/%d/%q", ', text, ", floor(", number, "), ", text, ")"),
        join("jsonencode(", fc.oneof(list, number, bool, text), ")"),
        join("(", bool, " ? ", text, " : ", text, ")"),
        join("element(concat(", list, ', ["z"]), ', fc.constantFrom("0", "1", "5"), ")"),
        join("try(", list, "[1], ", text, ")"),
        join("coalesce(", text, ', "none")'),
      ),
      number: fc.oneof(
        depth,
        fc.constantFrom("0", "1", "2.5", "0.1", "1e3", "COUNT", "-COUNT"),
        join("(", number, fc.constantFrom(" + ", " - ", " * "), number, ")"),
        join("(", number, " / 4)"),
        // Of fractions, buildx's remainder has errors of rounding.
        join("(floor(", number, ") % 3)"),
        // Integers beyond 2^53 are exact in expressions, and refused alone.
        join("(9007199254740991 + ", number, ")"),
        join(fc.constantFrom("absolute", "floor", "ceil", "int"), "(", number, ")"),
        join(fc.constantFrom("max", "min"), "(", number, ", ", number, ")"),
        join("length(", list, ")"),
        join("strlen(", text, ")"),
        join("inc(", number, ")"),
      ),
      bool: fc.oneof(
        depth,
        fc.constantFrom("true", "false", "FLAG"),
        join("(", number, fc.constantFrom(" < ", " >= ", " == "), number, ")"),
        join("(", text, fc.constantFrom(" == ", " != "), text, ")"),
        join("(", bool, fc.constantFrom(" && ", " || "), bool, ")"),
        join("!", bool),
        join("contains(", list, ", ", text, ")"),
        join("can(", list, "[2])"),
      ),
      list: fc.oneof(
        depth,
        fc.constantFrom("[]", '["a", "b"]', "WORDS"),
        join("[", text, ", ", text, "]"),
        join('split(",", ', text, ")"),
        join("concat(", list, ", ", list, ")"),
        join(fc.constantFrom("distinct", "reverselist", "compact", "sort"), "(", list, ")"),
        join("[for x in ", list, ' : upper(x) if x != "a"]'),
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is HCL
        join("[for i, x in ", list, ' : "${i}-${x}"]'),
        join("slice(concat(", list, ', ["y", "z"]), 0, 2)'),
      ),
    };
  },
);

/** Definition files with a matrix, inheritance, variables and a function, and random expressions. */
export const definitions: fc.Arbitrary<string> = fc
  .record({ text, number, bool, list, label: text, own: text })
  .map(
    ({ text, number, bool, list, label, own }) => `
variable "WORD" { default = "word" }
variable "OTHER" { default = WORD == "word" ? "A\${COUNT}" : null }
variable "COUNT" { default = 3 }
variable "FLAG" { default = true }
variable "WORDS" {
  type = list(string)
  default = ["a", "c,d", WORD]
}
function "inc" {
  params = [n]
  result = n + 1
}
local = ${own}
target "base" {
  args = { text = ${text}, number = ${number} }
  labels = { label = ${label} }
}
target "default" {
  name = "default-\${kind}"
  matrix = { kind = ["x", "y"] }
  inherits = ["base"]
  args = { bool = ${bool}, local = local, kind = kind }
  tags = [for i, x in ${list} : "t:\${i}"]
}
`,
  );
