import { expect, it } from "vitest";
import { parseTolerations } from "./tolerations.js";

it("reads buildx's format", () => {
  expect(
    parseTolerations(
      "key=foo,value=bar;key=foo2,operator=Exists;key=foo3,effect=NoExecute,tolerationSeconds=60",
    ),
  ).toEqual([
    { key: "foo", value: "bar" },
    { key: "foo2", operator: "Exists" },
    { key: "foo3", effect: "NoExecute", tolerationSeconds: 60 },
  ]);
  expect(parseTolerations("operator=Exists;")).toEqual([{ operator: "Exists" }]);
});

it.each([
  ["key=a;keys=b", 'toleration 2 ("keys=b"): it has no field "keys"'],
  ["key=a,operator=In", "operator must be one of Exists, Equal"],
  ["key=a,effect=Never", "effect must be one of NoSchedule"],
  ["key=a,effect=NoExecute,tolerationSeconds=1m", "tolerationSeconds must be an integer"],
  ["key=a,tolerationSeconds=5", "tolerationSeconds needs the effect NoExecute"],
  ["key=a,operator=Exists,value=b", "the operator Exists does not take a value"],
  ["value=b", "without a key the operator must be Exists"],
])("refuses %s", (text, message) => {
  expect(() => parseTolerations(text)).toThrow(message);
});
