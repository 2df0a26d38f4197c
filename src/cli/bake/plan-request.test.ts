import { expect, test } from "vitest";
import { InputError } from "../../errors/input-error.js";
import { bakeArguments } from "./plan-request.js";

const git = "https://github.com/user/repo.git#main";

// As buildx's bakeArgs.
test.each([
  [[], { url: undefined, commandContext: "", targets: [] }],
  [["app", git], { url: undefined, commandContext: "", targets: ["app", git] }],
  [[git], { url: git, commandContext: "", targets: [] }],
  [[git, "app", "db"], { url: git, commandContext: "", targets: ["app", "db"] }],
  [[git, "git@host:x.git", "app"], { url: git, commandContext: "git@host:x.git", targets: ["app"] }],
  [["http://host/docker-bake.hcl"], { url: "http://host/docker-bake.hcl", commandContext: "", targets: [] }],
])("%j", (given, expected) => expect(bakeArguments(given)).toEqual(expected));

test("a URL that is neither is an error of the arguments", () => {
  expect(() => bakeArguments(["ftp://host/x"])).toThrow(InputError);
});
