import { join } from "node:path";
import { expect, it } from "vitest";
import { fromPath, mustBuild } from "../host/build.js";
import { must } from "../lab/index.js";
import { builderHost, busyboxImage } from "./harness.js";

it("transfers a context of 512 MiB intact through exec", { timeout: 300_000 }, async () => {
  const host = await builderHost();
  const context = await busyboxImage("COPY big /", "RUN sha256sum /big");
  const file = join(context, "big");
  await must("sh", ["-c", `head -c ${512 << 20} /dev/urandom > ${file}`]);
  const { output } = await mustBuild(host, { builder: "kube", context: fromPath(context) });
  expect(output).toContain((await must("sha256sum", [file])).stdout.split(" ")[0]);
});
