import { Code } from "@connectrpc/connect";
import { NodeState } from "../../gen/slipway/common/v1/node_state_pb.js";
import { type OptionDescriptor, OptionType } from "../../gen/slipway/common/v1/option_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { failureOf, formatError, mustBeTyped, mustSucceed } from "../call-outcome.js";
import { type Check, has, needs } from "../check.js";
import { must } from "../report/violation.js";
import type { Subject } from "../subject.js";

/** A value that must not be in a field's path. */
const changed = "conformance-changed";

/** A valid value of an option other than the current one; undefined when none is known. */
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

/** Configurations that differ from a node's in one setting, with the setting's path. */
function variants(subject: Subject, config: NodeConfig): [path: string, variant: NodeConfig][] {
  const all = subject.driver.options.flatMap((option): [string, NodeConfig][] => {
    const name = option.name.replace(/\*$/, "CONFORMANCE");
    const value = otherValue(option, config.options[name]);
    if (value === undefined) return [];
    return [[`options[${name}]`, { ...config, options: { ...config.options, [name]: value } }]];
  });
  if (has(subject, capabilityIds.daemonFlags))
    all.push(["daemon_flags", { ...config, daemonFlags: [`--${changed}`] }]);
  return all;
}

/** Checks with a changed configuration. */
export const changeChecks: Check[] = [
  {
    id: "DRV-INSPECT-CHANGED",
    title: "changed_fields of Inspect has the paths of the changed settings and no values",
    rule: "the-calls",
    backend: true,
    when: needs(capabilityIds.stopBuilders),
    async run(subject) {
      const { driver, node } = await subject.target();
      const booted = await subject.bootstrap();
      const none = booted.changedFields.join(", ");
      must(!none, `After Bootstrap, Inspect reports ${none} as changed.`);
      for (const [path, variant] of variants(subject, node.config)) {
        const request = { ...node, config: variant };
        const { config } = await driver.validate(request);
        if (!config) continue;
        const what = `Inspect with another value of ${path}`;
        const { status } = await mustSucceed(what, driver.inspect({ ...node, config }));
        for (const field of status?.changedFields ?? []) {
          const own = field === path || field.startsWith(`${path}[`);
          must(own, `${what} reports "${field}" as changed.`);
        }
      }
    },
  },
  {
    id: "DRV-BOOTSTRAP-CHANGED",
    title: "Bootstrap applies a changed configuration to a running node, or fails with CONFIG_CHANGED",
    rule: "the-calls",
    backend: true,
    when: needs(capabilityIds.daemonFlags),
    async run(subject) {
      const { driver, node } = await subject.target();
      await subject.bootstrap();
      const config = { ...node.config, daemonFlags: [...node.config.daemonFlags, "--debug"] };
      const error = await failureOf(subject.bootstrap(config));
      if (error) {
        const fits = error.code === Code.FailedPrecondition && error.reason === "CONFIG_CHANGED";
        const actual = formatError(error);
        must(fits, `Bootstrap with other daemon_flags ended with ${actual}, expected CONFIG_CHANGED.`);
        mustBeTyped("Bootstrap", error);
        must(error.remedy, "CONFIG_CHANGED has no remedy.");
      }
      const { status } = await driver.inspect({ ...node, config });
      const applied = status?.state === NodeState.RUNNING && status.changedFields.length === 0;
      must(
        error || applied,
        `Bootstrap with other daemon_flags succeeded, but ${status?.changedFields.join(", ")} is still changed.`,
      );
      if (has(subject, capabilityIds.stopBuilders)) await driver.stop({ ...node, force: true });
      await subject.bootstrap();
    },
  },
];
