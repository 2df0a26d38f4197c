import { expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { parseProjectsFile, usualProject } from "./projects-file.js";

it("reads the settings of projects, each with its default", () => {
  const text = `
[[project]]
name = "shop"
weight = 2.5
running_builds = 4
queued_builds = 0
priority = 10

[[project]]
name = "web"
`;
  expect(parseProjectsFile("/f", text)).toEqual(
    new Map([
      ["shop", { weight: 2.5, runningBuilds: 4, queuedBuilds: 0, priority: 10 }],
      ["web", usualProject],
    ]),
  );
  expect(parseProjectsFile("/f", "")).toEqual(new Map());
});

it.each([
  ["[[projects]]", 'it has an unknown section "projects"'],
  ["[project]", '"project" is not a list'],
  ["[[project]]", "project[0].name must begin with a lower-case letter"],
  ['[[project]]\nname = "A"', "project[0].name must begin with a lower-case letter"],
  ['[[project]]\nname = "a"\n[[project]]\nname = "a"', '"a" is listed twice'],
  ['[[project]]\nname = "a"\nrunning = 1', 'project[0] has an unknown key "running"'],
  ['[[project]]\nname = "a"\nweight = 0', "project[0].weight must be a number from 0.01 to 1000"],
  ['[[project]]\nname = "a"\nweight = nan', "project[0].weight must be a number"],
  ['[[project]]\nname = "a"\nrunning_builds = 0', "project[0].running_builds must be a whole number from 1"],
  ['[[project]]\nname = "a"\nrunning_builds = 1.5', "project[0].running_builds must be a whole number"],
  ['[[project]]\nname = "a"\nqueued_builds = "1"', "project[0].queued_builds must be a whole number"],
  ['[[project]]\nname = "a"\npriority = -1', "project[0].priority must be a whole number from 0"],
])("refuses %j", (text, why) => {
  let error: unknown;
  try {
    parseProjectsFile("/projects.toml", text);
  } catch (cause) {
    error = cause;
  }
  const { reason, message } = readTypedError(error);
  expect({ reason, message }).toEqual({
    reason: "PROJECTS_FILE_INVALID",
    message: expect.stringContaining(why),
  });
});
