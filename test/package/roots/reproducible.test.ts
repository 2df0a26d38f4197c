import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { must, tempDir } from "../../lab/index.js";

const root = join(import.meta.dirname, "../../..");

/** The hashes of the packages of the last commit, made in a checkout with its own folder, umask and time zone. */
async function sumsIn(name: string, umask: string, TZ: string): Promise<string> {
  const checkout = join(await tempDir(), name);
  await must("git", ["clone", "--quiet", root, checkout]);
  // Hard links, since a symbolic link would lead back to this checkout.
  await must("cp", ["-al", join(root, "node_modules"), checkout]);
  const command = `umask ${umask}; exec npm run --silent package -- --without image`;
  await must("sh", ["-c", command], { cwd: checkout, env: { ...process.env, TZ } });
  return readFile(join(checkout, "dist/packages/SHA256SUMS"), "utf8");
}

test("packages of one commit have the same bytes, whatever the folder, the umask and the time zone", async () => {
  const sums = await sumsIn("one", "022", "UTC");
  expect(sums.trim().split("\n").length).toBeGreaterThan(20);
  expect(await sumsIn("another checkout", "077", "Asia/Tokyo")).toBe(sums);
});
