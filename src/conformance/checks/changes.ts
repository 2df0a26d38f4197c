import { Code } from "@connectrpc/connect";
import { type OptionDescriptor, OptionType } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { type NodeConfig, NodeState } from "../../gen/slipway/driver/v1/node_pb.js";
import { failureOf, formatError, mustBeTyped, mustSucceed } from "../call-outcome.js";
import { type Check, has, needs } from "../check.js";
import type { Subject } from "../subject.js";
import { must } from "../violation.js";

/** A text that must be in no path. */
const changed = "conformance-changed";

/** A value that options of a type can have, other than the current one; undefined where none is known. */
function otherValue({ type, allowedValues }: OptionDescriptor, current = ""): string | undefined {
  const values: Partial<Record<OptionType, string[]>> = {
    [OptionType.STRING]: [changed],
    [OptionType.BOOL]: ["true", "false"],
    [OptionType.INT]: ["4242", "4243"],
    [OptionType.BYTES]: ["734003200", "734003201"],
    [OptionType.DURATION]: ["42s", "43s"],
    [OptionType.ENUM]: allowedValues,
    [OptionType.MAP]: [`${changed}=1`],
  };
  return values[type]?.find((value) => value !== current);
}

/** Configurations that differ from a node's in one setting, by that setting's path. */
function variants(subject: Subject, config: NodeConfig): [path: string, variant: NodeConfig][] {
  const all = subject.driver.options.flatMap((option): [string, NodeConfig][] => {
    const name = option.name.replace(/\*$/, "CONFORMANCE");
    const value = otherValue(option, config.options[name]);
    if (value === undefined) return [];
    return [[`options[${name}]`, { ...config, options: { ...config.options, [name]: value } }]];
  });
  if (has(subject, "daemon.flags")) all.push(["daemon_flags", { ...config, daemonFlags: [`--${changed}`] }]);
  return all;
}

/** A node whose configuration changed after it was made. */
export const changeChecks: Check[] = [
  {
    id: "DRV-INSPECT-CHANGED",
    title: "changed_fields of Inspect are the paths of the settings that differ, and never values",
    rule: "the-calls",
    backend: true,
    when: needs("builders.stop"),
    async run(subject) {
      const { driver, node } = await subject.target();
      const booted = await subject.bootstrap();
      const none = booted.changedFields.join(", ");
      must(!none, `after Bootstrap ${none} is said to differ`);
      for (const [path, variant] of variants(subject, node.config)) {
        const request = { ...node, config: variant };
        const { config } = await driver.validate(request);
        if (!config) continue;
        const what = `Inspect with another value of ${path}`;
        const { status } = await mustSucceed(what, driver.inspect({ ...node, config }));
        for (const field of status?.changedFields ?? []) {
          const own = field === path || field.startsWith(`${path}[`);
          must(own, `${what} says that "${field}" differs`);
        }
      }
    },
  },
  {
    id: "DRV-BOOTSTRAP-CHANGED",
    title: "Bootstrap brings a running node to a changed configuration, or ends with CONFIG_CHANGED",
    rule: "the-calls",
    backend: true,
    when: needs("daemon.flags"),
    async run(subject) {
      const { driver, node } = await subject.target();
      await subject.bootstrap();
      const config = { ...node.config, daemonFlags: [...node.config.daemonFlags, "--debug"] };
      const error = await failureOf(subject.bootstrap(config));
      if (error) {
        const fits = error.code === Code.FailedPrecondition && error.reason === "CONFIG_CHANGED";
        const seen = formatError(error);
        must(fits, `Bootstrap with another daemon_flags ended with ${seen}; expected CONFIG_CHANGED`);
        mustBeTyped("Bootstrap", error);
        must(error.remedy, "CONFIG_CHANGED comes without a remedy");
      }
      const { status } = await driver.inspect({ ...node, config });
      const applied = status?.state === NodeState.RUNNING && status.changedFields.length === 0;
      must(
        error || applied,
        `Bootstrap with another daemon_flags succeeded, and ${status?.changedFields.join(", ")} still differs`,
      );
      if (has(subject, "builders.stop")) await driver.stop({ ...node, force: true });
      await subject.bootstrap();
    },
  },
];
