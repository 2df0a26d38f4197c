import { equals } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { UpgradeConfigResponseSchema } from "../../gen/slipway/driver/v1/driver_pb.js";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { configVersionOf } from "../../plugin-protocol/config-version.js";
import type { EarlierConfig } from "../backend.js";
import { mustFail } from "../call-outcome.js";
import { type Check, type Condition, needs } from "../check.js";
import { must } from "../report/violation.js";
import type { Subject } from "../subject.js";
import { validate } from "../validation.js";

const laterVersion: Condition = {
  text: "a config_version above 1",
  missing: ({ driver }) =>
    configVersionOf(driver) > 1 ? undefined : "The driver's configuration has version 1.",
};

const earlierConfigs: Condition = {
  text: "a config_version above 1, earlier configurations",
  missing: (subject) =>
    laterVersion.missing(subject) ??
    // Without a configuration it is not known whether it will have some.
    (!subject.backend || subject.backend.earlier.length > 0
      ? undefined
      : "The given configuration has none of earlier versions."),
};

/** Checks of configurations that the host has stored. */
export const upgradeChecks: Check[] = [
  {
    id: "DRV-VALIDATE-STORED",
    title: "Validate does not change a normal form without the user's environment",
    rule: "stored-configurations",
    sample: true,
    when: needs(capabilityIds.createBuilders),
    async run(subject) {
      const { config } = await validate(subject, {});
      must(config, "The configuration is refused.");
      const { driver } = await subject.peer();
      const again = await driver.validate({ driver: subject.driver.name, config });
      must(again.config, "Without the environment the normal form is refused.");
      must(
        equals(NodeConfigSchema, config, again.config),
        "Without the environment Validate changes a normal form.",
      );
    },
  },
  {
    id: "DRV-UPGRADE-VERSION",
    title: "UpgradeConfig refuses every version that is not earlier",
    rule: "stored-configurations",
    when: laterVersion,
    async run(subject) {
      const { driver } = await subject.peer();
      const present = configVersionOf(subject.driver);
      const config = await subject.anyConfig();
      for (const fromVersion of [-1, 0, present, present + 1]) {
        const request = { driver: subject.driver.name, config, fromVersion };
        const expected = { code: Code.InvalidArgument, reason: "CONFIG_VERSION_INVALID" };
        await mustFail(`UpgradeConfig from version ${fromVersion}`, driver.upgradeConfig(request), expected);
      }
    },
  },
  {
    id: "DRV-UPGRADE",
    title: "UpgradeConfig always returns the same normal form of the present version, for the same node",
    rule: "stored-configurations",
    backend: true,
    when: earlierConfigs,
    async run(subject) {
      for (const earlier of subject.backend!.earlier) await checkUpgrade(subject, earlier);
    },
  },
];

async function checkUpgrade(subject: Subject, { version, config: earlier }: EarlierConfig): Promise<void> {
  const { driver } = await subject.peer();
  const { name } = subject.driver;
  const given = subject.named(earlier);
  const request = { driver: name, config: given, fromVersion: version };
  const answer = await driver.upgradeConfig(request);
  const found = answer.diagnostics.map(({ field, message }) => `${field}: ${message}`).join(" ");
  const what = `The configuration of version ${version}`;
  must(answer.config, `${what} is refused: ${found || "UpgradeConfig returned no reason."}`);
  const { builder, node } = answer.config;
  must(
    builder === given.builder && node === given.node,
    `${what} became that of the node ${node} of the builder ${builder}.`,
  );
  const again = await driver.upgradeConfig(request);
  must(equals(UpgradeConfigResponseSchema, answer, again), `A second upgrade of version ${version} differs.`);
  const { config } = await driver.validate({ driver: name, config: answer.config });
  must(
    config && equals(NodeConfigSchema, config, answer.config),
    `${what} was not upgraded to a normal form: Validate ${config ? "changes" : "refuses"} it.`,
  );
}
