import type { Ulimit } from "../../inputs/ulimit.js";
import { hiddenFlag, listFlag, type SlipwayCommand } from "../slipway-command.js";
import { parseByteSize } from "../values/parse-byte-size.js";
import { parseDuration } from "../values/parse-duration.js";
import { parseUlimit } from "../values/parse-ulimit.js";
import { wholeNumber } from "../values/whole-number.js";

/** The flags of `build`. */
export interface BuildFlags {
  addHost?: string[];
  allow?: string[];
  annotation?: string[];
  attest?: string[];
  buildArg?: string[];
  buildContext?: string[];
  builder?: string;
  cacheFrom?: string[];
  cacheTo?: string[];
  call?: string;
  cgroupParent?: string;
  check?: boolean;
  debug?: boolean;
  file?: string;
  iidfile?: string;
  label?: string[];
  load?: boolean;
  metadataFile?: string;
  network?: string;
  noCache?: boolean;
  noCacheFilter?: string[];
  output?: string[];
  platform?: string[];
  policy?: string[];
  priority?: number;
  progress?: string;
  project?: string;
  provenance?: string;
  pull?: boolean;
  push?: boolean;
  /** In milliseconds. */
  queueTimeout?: number;
  quiet?: boolean;
  resource?: string[];
  /** In milliseconds. */
  runTimeout?: number;
  sbom?: string;
  secret?: string[];
  /** In bytes. */
  shmSize?: number;
  ssh?: string[];
  tag?: string[];
  target?: string;
  ulimit?: Ulimit[];
}

/** Flags of docker's classic builder, which have no effect, with docker's warnings about them. */
const ignoredFlags: Record<string, string | undefined> = {
  "--compress": undefined,
  "--rm": undefined,
  "--force-rm": undefined,
  "--isolation <technology>": "isolation flag is deprecated with BuildKit.",
  "--security-opt <option>":
    'security-opt flag is deprecated. "RUN --security=insecure" should be used with BuildKit.',
  "--squash":
    "experimental flag squash is removed with BuildKit. You should squash inside build using a multi-stage Dockerfile for efficiency.",
};

/** Flags of `docker build` that correspond to buildx's `--resource`. */
const resourceFlags = [
  "-m, --memory <bytes>",
  "--memory-swap <bytes>",
  "-c, --cpu-shares <number>",
  "--cpu-period <microseconds>",
  "--cpu-quota <microseconds>",
  "--cpuset-cpus <list>",
  "--cpuset-mems <list>",
];

/** Adds the flags of `docker buildx build` to a command. `warn` is called for obsolete ones. */
export function addBuildFlags(command: SlipwayCommand, warn: (text: string) => void): SlipwayCommand {
  command
    .list("--add-host <host:ip>", "add a line to /etc/hosts of RUN steps; the address may be host-gateway")
    .list("--allow <entitlement>", "allow network.host, security.insecure, device or buildx.local.delete")
    .list(
      "--annotation <key=value>",
      "annotation of the image; the key can have a prefix: manifest:, index:, …",
    )
    .list("--attest <type=…>", 'attestation, such as "type=sbom,generator=image"')
    .list("--build-arg <name[=value]>", "value of an ARG; default: that of the environment variable")
    .list(
      "--build-context <name=source>",
      "additional context: folder, URL, docker-image://, docker-daemon: or oci-layout://",
    )
    .list("--cache-from <source>", 'import build cache, such as "user/app:cache" or "type=local,src=dir"')
    .list("--cache-to <target>", 'export build cache, such as "type=registry,ref=user/app:cache"')
    .option("--call <method>", 'query instead of a build: "check", "outline" or "targets"')
    .option("--cgroup-parent <path>", "parent cgroup of RUN steps")
    .option("--check", "shorthand for --call=check")
    .option("-f, --file <path>", 'the Dockerfile: a path, a URL or - for stdin (default: "PATH/Dockerfile")')
    .option("--iidfile <path>", "write the image id to a file")
    .list("--label <key=value>", "label of the image")
    .option("--load", "shorthand for --output=type=docker: load the image into the image store")
    .option("--metadata-file <path>", "write the result of the build as JSON to a file")
    .option("--network <mode>", 'network of RUN steps: "default", "none" or "host"')
    .option("--no-cache", "do not use the cache")
    .list("--no-cache-filter <stage>", "do not use the cache for this stage")
    .list("-o, --output <target>", 'destination of the result: a folder, - or "type=…,dest=…"')
    .list("--platform <os/arch>", "platforms to build for, separated by commas")
    .list(
      "--policy <key=value>",
      "filename=FILE is a policy for what the build takes; disabled=true builds without the one beside the Dockerfile",
    )
    .option(
      "--priority <number>",
      "builds with a higher one leave the host's queue first",
      wholeNumber(-(2 ** 31), 2 ** 31 - 1),
    )
    .option("--progress <mode>", "auto, tty, plain, rawjson, quiet or none", "auto")
    .option("--project <name>", "project of the build (default: $SLIPWAY_PROJECT, or your only one)")
    .option("--provenance <value>", "shorthand for --attest=type=provenance")
    .option("--pull", "check for newer base images")
    .option("--push", "shorthand for --output=type=registry: push the image")
    .option("--queue-timeout <duration>", "how long the build may wait in the host's queue", parseDuration)
    .option("-q, --quiet", "print only the image id")
    .list("--resource <key=value>", 'limit of RUN steps, such as "memory=2g"')
    .option("--run-timeout <duration>", "how long the build may run, such as 30m", parseDuration)
    .option("--sbom <value>", "shorthand for --attest=type=sbom")
    .list("--secret <id=…>", 'secret, such as "id=npmrc,src=.npmrc" or "id=token,env=TOKEN"')
    .option("--shm-size <bytes>", "size of /dev/shm in RUN steps", parseByteSize)
    .list("--ssh <id[=…]>", 'SSH agent or keys: "default" or "id=socket|key[,key]"')
    .list("-t, --tag <name>", "name of the image")
    .option("--target <stage>", "stage to build")
    .option(
      "--ulimit <name=soft[:hard]>",
      "limit of RUN steps",
      (value: string, earlier: Ulimit[] | undefined) => [...(earlier ?? []), parseUlimit(value)],
    )
    .addOption(hiddenFlag("--print <method>"))
    .on("option:print", (method: string) => command.setOptionValue("call", method));
  for (const flags of resourceFlags) {
    const option = listFlag(flags).hideHelp();
    command.addOption(option);
    const name = option.long!.slice(2);
    command.on(`option:${name}`, (value: string) => {
      const earlier = (command.getOptionValue("resource") as string[] | undefined) ?? [];
      command.setOptionValue("resource", [...earlier, `${name}=${value}`]);
    });
  }
  for (const [flags, warning] of Object.entries(ignoredFlags)) {
    const option = hiddenFlag(flags);
    command.addOption(option);
    if (warning) command.on(`option:${option.long!.slice(2)}`, () => warn(warning));
  }
  return command;
}
