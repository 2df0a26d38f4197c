import type { BakeFlags } from "../bake/bake-flags.js";
import { hiddenFlag, type SlipwayCommand } from "../slipway-command.js";

const examples = `
Examples:
  slipway bake
  slipway bake -f docker-bake.hcl --push app db
  slipway bake --print --set '*.platform=linux/arm64'
  slipway bake --list variables
  slipway bake https://github.com/user/repo.git#main --print`;

/** `slipway bake`, with the flags of `docker buildx bake`. */
export function addBakeCommand(program: SlipwayCommand): void {
  const command = program
    .command("bake")
    .alias("f")
    .summary("build targets of a definition file")
    .description(
      'Builds targets and groups that files define in HCL, JSON or Compose files; without a name, those of "default". The files can be in a git repository or archive at a URL, which is the first argument.',
    )
    .argument("[targets...]", "URL of the definition, if it is at one; targets, groups and patterns")
    .list(
      "--allow <entitlement>",
      "allow network.host, security.insecure, device, ssh, fs=PATH, fs.read=PATH or fs.write=PATH",
    )
    .option("--call <method>", 'query instead of a build: "check", "outline" or "targets"')
    .option("--check", "shorthand for --call=check")
    .list(
      "-f, --file <path>",
      "definition file, or - for stdin; later ones add to former ones; at a URL, cwd://PATH is one here",
    )
    .option("--list <what>", 'list "targets" or "variables", also as "type=…,format=json"')
    .option("--load", "shorthand for --set=*.output=type=docker, where the target has no other files")
    .option("--metadata-file <path>", "write the results of the builds as JSON to a file")
    .option("--no-cache", "do not use the cache")
    .list(
      "--policy <key=value>",
      "filename=FILE is a policy for what all targets take; disabled=true builds without those beside the Dockerfiles",
    )
    .option("--print", "print the resolved targets instead of building them")
    .option("--progress <mode>", "auto, tty, plain, rawjson, quiet or none", "auto")
    .option("--project <name>", "project of the builds (default: $SLIPWAY_PROJECT, or your only one)")
    .option("--provenance <value>", "shorthand for --set=*.attest=type=provenance")
    .option("--pull", "check for newer base images")
    .option("--push", "shorthand for --set=*.output=type=registry: push the images")
    .option("--sbom <value>", "shorthand for --set=*.attest=type=sbom")
    .list("--set <target.key=value>", "change a target; the name can be a pattern, += adds to a list")
    .list("--var <name=value>", "value of a variable")
    .addOption(hiddenFlag("--list-targets"))
    .addOption(hiddenFlag("--list-variables"))
    .addHelpText("after", examples)
    .action(async (targets: string[]) => {
      const { runBake } = await import("../bake/run-bake.js");
      await runBake(targets, command.optsWithGlobals<BakeFlags>());
    });
}
