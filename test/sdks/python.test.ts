import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { copyPythonPackages } from "../example-drivers/examples.js";
import { must } from "../lab/index.js";
import { destroyState, makeState } from "../lab/state.js";
import { mustBuildOnHost, mustConform } from "./sample.js";

let checkout: string;
let python: string;
beforeAll(async () => {
  checkout = await makeState("sdk-python");
  await copyPythonPackages(checkout);
  python = join(checkout, "venv/bin/python");
  await must("python3", ["-m", "venv", join(checkout, "venv")]);
  const packages = ["./clients/python", "./sdk/python"];
  await must(python, ["-m", "pip", "install", "--quiet", ...packages], { cwd: checkout });
}, 900_000);
afterAll(() => destroyState(checkout));

test("the SDK for Python passes its own tests", async () => {
  await must(python, ["-B", "-m", "unittest", "discover", "-s", "tests"], {
    cwd: join(checkout, "sdk/python"),
  });
}, 900_000);

test("a driver with the SDK for Python that builds by itself and has an image store builds and conforms", async () => {
  const command = ["./venv/bin/python", "-B", "sdk/python/tests/sample/main.py"] as const;
  await mustBuildOnHost(command, checkout);
  await mustConform(command, checkout);
}, 900_000);
