import { must } from "../../report/violation.js";
import type { ClientCheck } from "../check.js";
import { resultOf } from "../subject.js";

/** Checks of lists. */
export const listChecks: ClientCheck[] = [
  {
    id: "CLI-PAGES",
    title: "Lists are read page by page, with the host's tokens and otherwise the same request",
    rule: "api.md#lists",
    async run(subject) {
      const pages = new Map([
        ["", { builders: [{ name: "one" }, { name: "two" }], nextPageToken: "second" }],
        // A page may be empty and not the last.
        ["second", { builders: [], nextPageToken: "third" }],
        ["third", { builders: [{ name: "three" }], nextPageToken: "" }],
      ]);
      const { host, env } = await subject.host({
        listBuilders: ({ pageToken }) => pages.get(pageToken) ?? { builders: [] },
      });
      const result = resultOf("A list", await subject.run({ command: "list-builders" }, env));
      const names = Array.isArray(result.builders) ? result.builders : [];
      must(
        names.join() === "one,two,three",
        `The client lists ${names.join(", ") || "nothing"}, expected one, two, three.`,
      );
      const requests = host
        .callsOf("ListBuilders")
        .map(({ request }) => JSON.stringify({ ...request, pageToken: "" }));
      must(
        new Set(requests).size === 1,
        "The requests for further pages differ in other fields than the token.",
      );
    },
  },
];
