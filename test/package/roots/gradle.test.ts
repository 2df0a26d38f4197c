import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import manifest from "../../../package.json" with { type: "json" };
import { baseImageName, startMachine } from "../../lab/index.js";
import { outputOf } from "../machine-build.js";
import { env, machineMounts } from "./machine.js";

const examples = join(import.meta.dirname, "../../../examples/integrations");

test("the task of Gradle builds an image, and again only if a file of the app changed", async () => {
  const packages = ["gradle", "openjdk-17-jre-headless"];
  const machine = await startMachine({ packages, mounts: await machineMounts() });
  onTestFinished(() => machine.destroy());
  await machine.must(["tar", "-xzf", `/packages/slipway-${manifest.version}-linux-x64.tar.gz`, "-C", "/opt"]);
  const archive = `/opt/slipway-${manifest.version}-linux-x64`;
  await machine.must(["ln", "-s", `${archive}/bin/slipway`, "/usr/local/bin/slipway"]);

  const folder = join(machine.root, "srv/integrations");
  await cp(examples, folder, { recursive: true });
  const dockerfile = join(folder, "app/Dockerfile");
  const text = await readFile(dockerfile, "utf8");
  const change = (line = "") => writeFile(dockerfile, `${text.replace("busybox:1", baseImageName)}${line}`);
  await change();
  const gradle = ["env", "-C", "/srv/integrations/gradle", "gradle", "--no-daemon", "--console", "plain"];
  const buildImage = () => machine.run([...gradle, "buildImage"], { env });
  const idOfImage = () => readFile(join(folder, "gradle/build/image-id"), "utf8");

  expect(await buildImage()).toMatchObject({ code: 0, stdout: expect.not.stringContaining("UP-TO-DATE") });
  const id = await idOfImage();
  expect(await outputOf(id)).toBe("hello\n");
  expect(await buildImage()).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(":buildImage UP-TO-DATE"),
  });
  expect(await idOfImage()).toBe(id);
  await change("LABEL changed=yes\n");
  expect(await buildImage()).toMatchObject({ code: 0 });
  expect(await idOfImage()).not.toBe(id);
});
