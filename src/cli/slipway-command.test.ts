import { expect, test } from "vitest";
import { addBuildFlags, type BuildFlags } from "./build/build-flags.js";
import { givenFlags, SlipwayCommand } from "./slipway-command.js";

function parse(...argv: string[]): { flags: BuildFlags; args: string[]; warnings: string[] } {
  const warnings: string[] = [];
  const program = new SlipwayCommand("slipway")
    .option("--builder <name>")
    .option("-D, --debug")
    .exitOverride();
  program.configureOutput({ writeErr: () => {} });
  const build = program.command("build").argument("<context>") as SlipwayCommand;
  addBuildFlags(build, (text) => warnings.push(text)).action(() => {});
  program.parse(argv, { from: "user" });
  return { flags: build.optsWithGlobals(), args: build.args, warnings };
}

test("accepts =true and =false for boolean flags, as Go does", () => {
  expect(parse("build", "--pull=true", "--load=false", "--no-cache=1", ".").flags).toMatchObject({
    pull: true,
    noCache: true,
  });
  expect(parse("build", "--load=false", ".").flags.load).toBeUndefined();
  expect(() => parse("build", "--pull=perhaps", ".")).toThrow("not a boolean");
});

test("--no-cache and --no-cache-filter are separate flags", () => {
  expect(parse("build", ".").flags.noCache).toBeUndefined();
  expect(parse("build", "--no-cache-filter", "a", "--no-cache-filter=b", ".").flags).toMatchObject({
    noCacheFilter: ["a", "b"],
  });
});

test("repeated flags keep their order", () => {
  expect(parse("build", "-t", "a", ".", "--tag=b", "-tc").flags.tag).toEqual(["a", "b", "c"]);
});

test("accepts global flags before and after the command", () => {
  expect(parse("--builder", "x", "build", ".").flags.builder).toBe("x");
  expect(parse("build", "--builder=x", "-D", ".").flags).toMatchObject({ builder: "x", debug: true });
});

test("accepts - as a value and as a context", () => {
  expect(parse("build", "-o", "-", "-f", "-", "-").args).toEqual(["-"]);
});

test("converts flags of docker build to resources, or ignores them with a warning", () => {
  const { flags, warnings } = parse(
    "build",
    "-m",
    "2g",
    "--cpu-quota",
    "5000",
    "--squash",
    "--rm=false",
    ".",
  );
  expect(flags.resource).toEqual(["memory=2g", "cpu-quota=5000"]);
  expect(warnings).toEqual([expect.stringContaining("squash is removed")]);
});

test("--print is an alias of --call", () => {
  expect(parse("build", "--print=outline", ".").flags.call).toBe("outline");
});

test("parses values of flags", () => {
  expect(
    parse("build", "--shm-size", "64m", "--ulimit", "nofile=1:2", "--ulimit", "core=0", ".").flags,
  ).toMatchObject({
    shmSize: 64 * 1024 * 1024,
    ulimit: [
      { name: "nofile", soft: 1n, hard: 2n },
      { name: "core", soft: 0n },
    ],
  });
  expect(() => parse("build", "--shm-size", "x", ".")).toThrow("not a size");
});

test("does not mistake a value for a global flag", () => {
  expect(parse("-D", "build", "--target", "-D", "--build-arg", "--builder", ".")).toMatchObject({
    flags: { debug: true, target: "-D", buildArg: ["--builder"] },
    args: ["."],
  });
  expect(parse("build", "--target", "--debug", ".").flags.debug).toBeUndefined();
  expect(parse("build", "--label", "", "--builder", "x", ".").flags).toMatchObject({
    label: [""],
    builder: "x",
  });
  expect(() => parse("build", ".", "--target")).toThrow("argument missing");
});

test("returns the long names of the given flags", () => {
  const program = new SlipwayCommand("slipway").option("--builder <name>", "", "x").option("-D, --debug");
  const build = program.command("build").argument("<context>");
  addBuildFlags(build, () => {}).action(() => {});
  program.parse(["-D", "build", "-ta", "--pull=false", "--output", "x", "."], { from: "user" });
  expect([...givenFlags(build)].sort()).toEqual(["--debug", "--output", "--tag"]);
});
