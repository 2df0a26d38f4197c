import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { isDeclaredBy } from "../nodes/remote-node.js";

/**
 * Names of a node's options that are secret: those that its driver declares as sensitive, and those that it does not
 * declare, since an earlier version of its plugin may have.
 */
export function secretOptions(config: NodeConfig, descriptor: DriverDescriptor | undefined): string[] {
  const names = Object.keys(config.options);
  // Without the schema, secrets cannot be told apart, so every option is one.
  if (!descriptor) return names;
  return names.filter((name) => {
    const declared = descriptor.options.filter((option) => isDeclaredBy(option, name));
    return declared.length === 0 || declared.some(({ sensitive }) => sensitive);
  });
}

/** Paths of a node's files that are secret: those with a private key in PEM, such as a registry's. */
export function secretFiles({ daemonFiles }: NodeConfig): string[] {
  return Object.entries(daemonFiles).flatMap(([path, content]) =>
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(Buffer.from(content).toString("latin1")) ? [path] : [],
  );
}
