import { expect, it } from "vitest";
import { checkDaemonFiles, placeDaemonFiles } from "./daemon-files.js";

const bytes = (text: string) => Buffer.from(text);
const reasons = (files: Record<string, string>) =>
  checkDaemonFiles(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, bytes(text)]))).map(
    ({ field, reason }) => `${field} ${reason}`,
  );

it.each(["", "/etc/passwd", "../x", "a/../../x", "a/./b", "a//b", "a/", ".", "..", "a\0b"])(
  "refuses the path %j",
  (path) => {
    expect(reasons({ [path]: "" })).toEqual([`daemon_files[${path}] DAEMON_FILE_PATH_INVALID`]);
  },
);

it.each(["ca.pem", "certs/a.example/ca.pem", "..a", "a b/ü"])("accepts the path %j", (path) => {
  expect(reasons({ [path]: "" })).toEqual([]);
});

it("reports where a configuration cannot be read", () => {
  const [found] = checkDaemonFiles({ "buildkitd.toml": bytes('debug = true\n[worker.oci\ngc = "x"\n') });
  expect(found).toMatchObject({ field: "daemon_files[buildkitd.toml]", reason: "DAEMON_CONFIG_INVALID" });
  expect(found!.message).toMatch(/^buildkitd.toml cannot be read: line 2, column \d+: /);
  expect(checkDaemonFiles({ "buildkitd.toml": Buffer.from([0xff]) })[0]!.message).toContain("UTF-8");
});

const config = `
[registry."a.example"]
  ca = ["certs/a/ca.pem"]
  [[registry."a.example".keypair]]
    key = "certs/a/key.pem"
    cert = "certs/a/cert.pem"
`;

it("requires the files of registries", () => {
  const certs = { "certs/a/ca.pem": "", "certs/a/key.pem": "", "certs/a/cert.pem": "" };
  expect(reasons({ "buildkitd.toml": config, ...certs })).toEqual([]);
  expect(reasons({ "buildkitd.toml": config })).toEqual(
    Array(3).fill("daemon_files[buildkitd.toml] DAEMON_FILE_MISSING"),
  );
  expect(reasons({ "buildkitd.toml": '[registry.x]\nca = ["/opt/ca.pem"]' })).toEqual([
    "daemon_files[buildkitd.toml] DAEMON_FILE_ELSEWHERE",
  ]);
});

it("makes the paths of registries absolute and keeps the rest unchanged", () => {
  const text = `debug = true\n[worker.oci]\nmax-parallelism = 9007199254740993\nratio = 1.0\n${config}`;
  const placed = placeDaemonFiles({ "buildkitd.toml": bytes(text) }, "/etc/buildkit");
  const written = Buffer.from(placed["buildkitd.toml"]!).toString();
  expect(written).toContain('ca = [ "/etc/buildkit/certs/a/ca.pem" ]');
  expect(written).toContain('key = "/etc/buildkit/certs/a/key.pem"');
  expect(written).toContain("max-parallelism = 9007199254740993");
  expect(written).toContain("ratio = 1.0");
  const others = { "buildkitd.toml": bytes("# as it was\ndebug = true\n") };
  expect(placeDaemonFiles(others, "/etc/buildkit")).toBe(others);
});
