import { rmSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";
import { Dialer } from "../../../src/driver/dial.js";
import type { Driver, NativeDriver } from "../../../src/driver/driver.js";
import { driverService } from "../../../src/driver/driver-service.js";
import { DriverTable } from "../../../src/driver/driver-table.js";
import { readHostSettings } from "../../../src/driver/host-settings.js";
import { watchHost } from "../../../src/driver/host-watch.js";
import { imageStoreService } from "../../../src/driver/image-store-service.js";
import { nativeBuildService } from "../../../src/driver/native-build-service.js";
import { PluginServer } from "../../../src/driver/plugin-server.js";
import { addPluginServices } from "../../../src/driver/plugin-services.js";
import {
  DriverService,
  type HandshakeResponse,
  HandshakeResponseSchema,
  type ValidateResponse,
  ValidateResponseSchema,
} from "../../../src/gen/slipway/driver/v1/driver_pb.js";
import { ImageStoreService } from "../../../src/gen/slipway/driver/v1/image_store_pb.js";
import type { NodeConfig } from "../../../src/gen/slipway/driver/v1/node_pb.js";
import { NativeBuildService } from "../../../src/gen/slipway/nativebuild/v1/native_build_pb.js";
import { createCertificate } from "../../../src/plugin-protocol/certificate.js";
import { formatHandshakeLine } from "../../../src/plugin-protocol/handshake-line.js";
import { keeperDriver, wellDriver } from "./driver.js";
import { masonDriver } from "./mason.js";

/** DriverService as faults see it. */
export type Service = ServiceImpl<typeof DriverService>;

/** ImageStoreService as faults see it. */
export type Store = ServiceImpl<typeof ImageStoreService>;

/** NativeBuildService as faults see it. */
export type Native = ServiceImpl<typeof NativeBuildService>;

/** One fault; everything else is as it should be. */
export interface Fault {
  /** Changes the driver. */
  driver?(driver: Driver): void;
  /** Changes the other driver of the plugin. */
  keeper?(driver: Driver): void;
  /** Changes the driver that builds by itself. */
  mason?(driver: NativeDriver): void;
  /** The plugin has no other driver. */
  alone?: boolean;
  /** Replaces methods of DriverService; gets the right ones. */
  service?(right: Service): Partial<Service>;
  /** Replaces methods of ImageStoreService; gets the right ones. */
  store?(right: Store): Partial<Store>;
  /** Replaces methods of NativeBuildService; gets the right ones. */
  native?(right: Native): Partial<Native>;
  /** Changes the answer of Handshake. */
  handshaken?(answer: HandshakeResponse): void;
  /** Changes the answer of Validate. */
  validated?(answer: ValidateResponse, given: NodeConfig): void;
  /** Adds services; what is added last holds. */
  routes?(router: ConnectRouter): void;
  /** Changes the handshake line. */
  line?(line: string): string;
  /** Standard input counts, whatever the host says. */
  heldStdin?: boolean;
  /** Happens once the process serves. */
  started?(): void;
}

/** Serves as `serve` of the SDK does, with a fault in it. */
export async function runAnimal(fault: Fault): Promise<void> {
  const driver = wellDriver();
  const keeper = keeperDriver();
  const mason = masonDriver();
  fault.driver?.(driver);
  fault.keeper?.(keeper);
  fault.mason?.(mason);
  const { validate } = driver;
  driver.validate = async (config, environment, call) => {
    const answer = create(ValidateResponseSchema, await validate(config, environment, call));
    fault.validated?.(answer, config);
    return answer;
  };
  const drivers = fault.alone ? [driver] : [driver, keeper, mason];
  let settings: ReturnType<typeof readHostSettings>;
  try {
    settings = readHostSettings("zoo", process.env);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
  const path = join(settings.socketDir!, "zoo");
  const own = createCertificate();
  const dialer = new Dialer(settings.socketDir!);
  const table = new DriverTable(drivers);
  const right = driverService({ name: "zoo", version: "1.0.0", drivers }, table, dialer);
  const end = () => {
    dialer.close();
    rmSync(path, { force: true });
    process.exit(0);
  };
  const server = new PluginServer({
    listen: { path },
    tls: { cert: own.pem, key: own.key, ca: settings.clientCertificate! },
    routes(router) {
      addPluginServices(router, end);
      const handshake: Service["handshake"] = async (request, context) => {
        const answer = create(HandshakeResponseSchema, await right.handshake(request, context));
        fault.handshaken?.(answer);
        return answer;
      };
      router.service(DriverService, { ...right, handshake, ...fault.service?.(right) });
      const store = imageStoreService(table);
      router.service(ImageStoreService, { ...store, ...fault.store?.(store) });
      const native = nativeBuildService(table);
      router.service(NativeBuildService, { ...native, ...fault.native?.(native) });
      fault.routes?.(router);
    },
  });
  process.on("SIGINT", () => {});
  process.on("SIGTERM", end);
  process.stderr.on("error", () => {});
  watchHost(fault.heldStdin ?? settings.heldStdin, end);
  await server.listen();
  const { version } = settings;
  const line = formatHandshakeLine({ version, address: { network: "unix", path }, certificate: own.der });
  process.stdout.write(`${fault.line?.(line) ?? line}\n`);
  fault.started?.();
}
