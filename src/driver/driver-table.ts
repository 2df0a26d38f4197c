import { Code } from "@connectrpc/connect";
import type { DriverDescriptor } from "../gen/slipway/driver/v1/descriptor_pb.js";
import type { NodeConfig } from "../gen/slipway/driver/v1/node_pb.js";
import { completeDescriptor } from "./capabilities.js";
import type { AnyDriver } from "./driver.js";
import { driverError, requestError } from "./driver-error.js";

/** Finds drivers by name, and checks the driver and configuration of a call. */
export class DriverTable {
  readonly #drivers: Map<string, AnyDriver>;
  readonly #descriptors: Map<AnyDriver, DriverDescriptor>;

  constructor(drivers: AnyDriver[]) {
    this.#drivers = new Map(drivers.map((driver) => [driver.descriptor.name, driver]));
    this.#descriptors = new Map(drivers.map((driver) => [driver, completeDescriptor(driver.descriptor)]));
  }

  /** The descriptors for the host. */
  descriptors(): DriverDescriptor[] {
    return [...this.#descriptors.values()];
  }

  /** The descriptor of one driver. */
  descriptor(driver: AnyDriver): DriverDescriptor {
    return this.#descriptors.get(driver)!;
  }

  /** Finds a driver. Throws NOT_FOUND. */
  get(name: string): AnyDriver {
    const driver = this.#drivers.get(name);
    if (driver) return driver;
    throw driverError({
      code: Code.NotFound,
      reason: "DRIVER_UNKNOWN",
      message: `This plugin has no driver "${name}", only ${[...this.#drivers.keys()].join(", ")}.`,
    });
  }

  /** Finds the driver and the configuration of a call. Throws NOT_FOUND or INVALID_ARGUMENT. */
  node(request: { driver: string; config?: NodeConfig }): { driver: AnyDriver; config: NodeConfig } {
    const driver = this.get(request.driver);
    if (request.config) return { driver, config: request.config };
    throw requestError("config", "CONFIG_MISSING", "The node's configuration is missing.");
  }
}
