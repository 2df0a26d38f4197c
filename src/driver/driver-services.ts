import type { ConnectRouter } from "@connectrpc/connect";
import { DriverService } from "../gen/slipway/driver/v1/driver_pb.js";
import { ImageStoreService } from "../gen/slipway/driver/v1/image_store_pb.js";
import { NativeBuildService } from "../gen/slipway/nativebuild/v1/native_build_pb.js";
import { PolicyService } from "../gen/slipway/policy/v1/policy_pb.js";
import { driverService, type PluginDefinition } from "./driver-service.js";
import { DriverTable } from "./driver-table.js";
import { imageStoreService } from "./image-store-service.js";
import { Leases } from "./leases.js";
import { nativeBuildService } from "./native-build-service.js";
import { policyService } from "./policies.js";

/** The services of a plugin's drivers. */
export interface DriverServices {
  /** The leases that the services serve. */
  leases: Leases;
  /** Adds the services to a server. */
  add(router: ConnectRouter): void;
}

/**
 * The services of a plugin's drivers.
 * @param folder for the sockets of leases; undefined when the host is on another machine
 */
export function driverServices(plugin: PluginDefinition, folder: string | undefined): DriverServices {
  const table = new DriverTable(plugin.drivers ?? []);
  const leases = new Leases(table, folder);
  return {
    leases,
    add(router) {
      router.service(DriverService, driverService(plugin, table, leases));
      router.service(ImageStoreService, imageStoreService(table, folder));
      router.service(NativeBuildService, nativeBuildService(table));
      if (plugin.policies) router.service(PolicyService, policyService(plugin.policies));
    },
  };
}
