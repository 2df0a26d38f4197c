import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { putInLayout } from "../../image/oci-index.js";
import { Layouts } from "./layouts.js";

const digest = `sha256:${"0".repeat(64)}`;

it("serves named contexts under different references, even when their names are similar", () => {
  const layouts = new Layouts();
  onTestFinished(() => layouts.close());
  const names = ["a.b", "a-b", "A_B", "日本"];
  const references = names.map((name) => layouts.serveContext(name, `/layout/${name}`, digest));
  expect(new Set(references).size).toBe(names.length);
  for (const reference of references) expect(reference).toMatch(/^oci-layout:\/\/[a-z0-9-]+@sha256:0{64}$/);
});

it("takes the image of a named tag, and without a tag the latest or the only one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-layout-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const layouts = new Layouts();
  onTestFinished(() => layouts.close());
  const descriptor = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: 1 };
  const add = (url: string) => layouts.addContext("field", "base", url);
  const refusal = (url: string) =>
    add(url).then(
      () => "accepted",
      (error) => readTypedError(error).remedy,
    );

  await putInLayout(folder, descriptor, [{ tag: "1" }]);
  expect(await add(`oci-layout://${folder}`)).toContain(digest);
  expect(await add(`oci-layout://${folder}:1`)).toContain(digest);
  expect(await refusal(`oci-layout://${folder}:2`)).toBe("Name one that it has: 1.");
  expect(await refusal(`oci-layout://${folder}:latest`)).toBe("Name one that it has: 1.");

  await putInLayout(folder, descriptor, [{ name: "docker.io/library/app:2" }]);
  expect(await refusal(`oci-layout://${folder}`)).toBe("Name one that it has: 1, 2.");
});
