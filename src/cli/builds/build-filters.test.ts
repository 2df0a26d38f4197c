import { expect, it } from "vitest";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { parseBuildFilters } from "./build-filters.js";

it("selects by name, owner and states", () => {
  expect(parseBuildFilters()).toEqual({ name: "", owner: "", states: [] });
  expect(parseBuildFilters(["name=a=b", "state=failed", "owner=token:ci", "state=Queued"])).toEqual({
    name: "a=b",
    owner: "token:ci",
    states: [BuildState.FAILED, BuildState.QUEUED],
  });
});

it.each([
  ["status=failed", 'There is no filter "status".'],
  ["failed", 'There is no filter "failed".'],
  ["=failed", 'There is no filter "=failed".'],
  ["name=", 'The filter "name=" has no value.'],
  ["state=unspecified", 'There is no state "unspecified".'],
  ["state=toString", 'There is no state "toString".'],
])("refuses %s", (text, message) => {
  expect(() => parseBuildFilters([text])).toThrow(
    expect.objectContaining({ reason: "FILTER_INVALID", message: expect.stringContaining(message) }),
  );
});

it("refuses two names", () => {
  expect(() => parseBuildFilters(["name=a", "name=b"])).toThrow('The filter "name" has two values.');
});
