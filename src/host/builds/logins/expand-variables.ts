/** `$NAME`, `${NAME}`, and `${NAME:-text}` or `${NAME:+text}` with or without the colon; other forms are kept. */
const variable = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?)([-+])([^{}]*))?\})/g;

/** Replaces the variables of a Dockerfile's word that have a value; the others stay, with their `$`. */
export function expandVariables(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(
    variable,
    (whole, plain: string, braced: string, colon: string, operator: string, other: string) => {
      const value = values.get(plain ?? braced);
      const isSet = value !== undefined && !(colon && value === "");
      if (operator === "+") return isSet ? expandVariables(other, values) : "";
      if (operator === "-" && !isSet) return expandVariables(other, values);
      return value ?? whole;
    },
  );
}
