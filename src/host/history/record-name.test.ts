import { expect, it } from "vitest";
import { recordName } from "./record-name.js";

it.each([
  [{ context: "https://example.com/repo.git#main" }, "https://example.com/repo.git#main"],
  [{ context: "src", target: "app" }, "src (app)"],
  [{ target: "app" }, "app"],
  [{ "vcs:localdir:context": "sub/dir", filename: "Dockerfile" }, "sub/dir"],
  [
    { "vcs:localdir:context": ".", "vcs:localdir:dockerfile": "build", filename: "app.Dockerfile" },
    "build/app.Dockerfile",
  ],
  [{ "vcs:localdir:dockerfile": "build/app", filename: "Dockerfile", target: "app" }, "build/app (app)"],
  [{ "vcs:source": "https://example.com/repo.git" }, "https://example.com/repo.git"],
  [{ "build-arg:BUILDKIT_BUILD_NAME": "nightly", context: "src" }, "nightly"],
  [{ filename: "Dockerfile" }, ""],
])("derives a name from %j", (attributes, name) => {
  expect(recordName(attributes as Record<string, string>)).toBe(name);
});
