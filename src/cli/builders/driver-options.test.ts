import { Code } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { encodeError, readTypedError } from "../../errors/typed-error.js";
import { explainCommas, parseDriverOptions, parseOptionChanges } from "./driver-options.js";

test("options are pairs, and a pair with a comma is quoted", () => {
  expect(parseDriverOptions(["memory=4g,cpus=2", '"labels=a=1,b=2"'])).toEqual({
    memory: "4g",
    cpus: "2",
    labels: "a=1,b=2",
  });
  expect(() => parseDriverOptions(["memory-"])).toThrow('invalid value "memory-", expecting k=v');
});

test("a change can also remove an option", () => {
  expect(parseOptionChanges(["memory=4g,cpuset-cpus-", "a-=1", "b="])).toEqual({
    memory: "4g",
    "cpuset-cpus": undefined,
    "a-": "1",
    b: "",
  });
  expect(() => parseOptionChanges(["memory"])).toThrow('invalid value "memory", expecting k=v or k-');
  expect(() => parseOptionChanges(["-"])).toThrow("expecting k=v or k-");
});

test("the remedy of an unknown option after a comma shows the quoted form", () => {
  const unknown = (name: string) => {
    const [reason, message, remedy] = ["OPTION_UNKNOWN", `no option ${name}`, "Known options: x."];
    const fields = [{ field: `node.options[${name}]`, message, reason, remedy }];
    return encodeError({ code: Code.InvalidArgument, reason, message, remedy, fields });
  };
  const remedy = (name: string, ...values: string[]) =>
    readTypedError(explainCommas(unknown(name), values)).remedy;
  expect(remedy("c", "image=i", "nodeselector=a=b,c=d")).toBe(
    "If the comma is part of a value, quote the pair: --driver-opt '\"nodeselector=a=b,c=d\"'. Known options: x.",
  );
  expect(remedy("c", "c=d,image=i")).toBe("Known options: x.");
  expect(remedy("c", '"nodeselector=a=b,c=d"')).toBe("Known options: x.");
  const builder = {
    ...readTypedError(unknown("c")),
    fields: [{ field: "builder", message: "There is none." }],
  };
  expect(readTypedError(explainCommas(encodeError(builder), [])).remedy).toBe("Known options: x.");
  expect(explainCommas(new Error("other"), ["a=b,c=d"])).toEqual(new Error("other"));
});
