import { join } from "node:path";
import { test } from "vitest";
import { copyPythonPackages } from "../example-drivers/examples.js";
import { must, tempDir } from "../lab/index.js";

test("the SDK for Python passes its own tests", async () => {
  const checkout = await tempDir();
  await copyPythonPackages(checkout);
  const python = join(checkout, "venv/bin/python");
  await must("python3", ["-m", "venv", join(checkout, "venv")]);
  const packages = ["./clients/python", "./sdk/python"];
  await must(python, ["-m", "pip", "install", "--quiet", ...packages], { cwd: checkout });
  await must(python, ["-B", "-m", "unittest", "discover", "-s", "tests"], {
    cwd: join(checkout, "sdk/python"),
  });
}, 300_000);
