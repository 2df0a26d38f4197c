import { equals } from "@bufbuild/protobuf";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { deadAddress } from "../backend.js";
import { mustSucceed } from "../call-outcome.js";
import { type Check, needs } from "../check.js";
import { mustHavePages } from "../pages.js";
import { must } from "../report/violation.js";

/** Checks of implicit builders. */
export const implicitChecks: Check[] = [
  {
    id: "DRV-IMPLICIT",
    title: "ListImplicitBuilders returns builders with names and configurations in normal form",
    rule: "the-calls",
    when: needs(capabilityIds.implicitBuilders),
    async run(subject) {
      const { driver } = await subject.peer();
      const name = subject.driver.name;
      const environment = subject.backend?.environment ?? {};
      const { builders } = await driver.listImplicitBuilders({ driver: name, environment });
      for (const { config } of builders) {
        must(config?.builder && config.node, "A builder has no name, or no node with a name.");
        const { config: normal, diagnostics } = await driver.validate({ driver: name, config, environment });
        must(normal, `Validate refuses the builder ${config.builder}: ${diagnostics[0]?.message}`);
        must(
          equals(NodeConfigSchema, config, normal),
          `The builder ${config.builder} is not in normal form.`,
        );
      }
      must(builders.filter(({ current }) => current).length <= 1, "More than one builder is current.");
    },
  },
  {
    id: "DRV-IMPLICIT-PAGES",
    title: "ListImplicitBuilders has pages, and refuses wrong page sizes and tokens",
    rule: "lists",
    when: needs(capabilityIds.implicitBuilders),
    async run(subject) {
      const { driver } = await subject.peer();
      const request = { driver: subject.driver.name, environment: subject.backend?.environment ?? {} };
      await mustHavePages("ListImplicitBuilders", async (page) => {
        const { builders, nextPageToken } = await driver.listImplicitBuilders({ ...request, ...page });
        return { keys: builders.map(({ config }) => config?.builder ?? ""), nextPageToken };
      });
    },
  },
  {
    id: "DRV-IMPLICIT-BROKEN",
    title: "ListImplicitBuilders succeeds when nothing can be read or reached, and reports what was wrong",
    rule: "the-calls",
    when: needs(capabilityIds.implicitBuilders),
    async run(subject) {
      const { driver } = await subject.peer();
      const { name, environmentVariables } = subject.driver;
      for (const variable of environmentVariables) {
        for (const value of [deadAddress, "/nonexistent/conformance"]) {
          const environment = { ...subject.backend?.environment, [variable]: value };
          const call = driver.listImplicitBuilders({ driver: name, environment }, { timeoutMs: 10_000 });
          await mustSucceed(`ListImplicitBuilders with ${variable}=${value}`, call);
        }
      }
    },
  },
];
