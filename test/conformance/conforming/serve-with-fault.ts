import { rmSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";
import type { Driver, NativeDriver } from "../../../src/driver/driver.js";
import { driverService } from "../../../src/driver/driver-service.js";
import { DriverTable } from "../../../src/driver/driver-table.js";
import { isDebugged, readHostSettings } from "../../../src/driver/host-settings.js";
import { watchHost } from "../../../src/driver/host-watch.js";
import { imageStoreService } from "../../../src/driver/image-store-service.js";
import { Leases } from "../../../src/driver/leases.js";
import { nativeBuildService } from "../../../src/driver/native-build-service.js";
import { PluginServer } from "../../../src/driver/plugin-server.js";
import { addPluginServices } from "../../../src/driver/plugin-services.js";
import { serve } from "../../../src/driver/serve.js";
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
import { otherDriver, sampleDriver } from "./driver.js";
import { nativeDriver } from "./native-driver.js";

/** The methods of DriverService. */
export type Service = ServiceImpl<typeof DriverService>;

/** The methods of ImageStoreService. */
export type Store = ServiceImpl<typeof ImageStoreService>;

/** The methods of NativeBuildService. */
export type Native = ServiceImpl<typeof NativeBuildService>;

/** A fault of an otherwise conforming plugin. */
export interface Fault {
  /** Changes the sample driver. */
  driver?(driver: Driver): void;
  /** Changes the second driver. */
  otherDriver?(driver: Driver): void;
  /** Changes the driver that builds without BuildKit. */
  nativeDriver?(driver: NativeDriver): void;
  /** The plugin has only the sample driver. */
  alone?: boolean;
  /** Replaces methods of DriverService. */
  service?(original: Service): Partial<Service>;
  /** Replaces methods of ImageStoreService. */
  store?(original: Store): Partial<Store>;
  /** Replaces methods of NativeBuildService. */
  nativeService?(original: Native): Partial<Native>;
  /** Changes the answer of Handshake. */
  changeHandshake?(answer: HandshakeResponse): void;
  /** Changes the answer of Validate. */
  changeValidate?(answer: ValidateResponse, given: NodeConfig): void;
  /** Adds or replaces services. */
  routes?(router: ConnectRouter): void;
  /** Changes the handshake line. */
  line?(line: string): string;
  /** Whether the plugin watches its standard input; by default as the host says. */
  heldStdin?: boolean;
  /** Called when the process serves. */
  started?(): void;
}

/** Serves a conforming plugin as `serve` of the SDK does, with a fault. In a debugger it has none. */
export async function serveWithFault(fault: Fault): Promise<void> {
  const driver = sampleDriver();
  const other = otherDriver();
  const native = nativeDriver();
  fault.driver?.(driver);
  fault.otherDriver?.(other);
  fault.nativeDriver?.(native);
  const { validate } = driver;
  driver.validate = async (config, environment, call) => {
    const answer = create(ValidateResponseSchema, await validate(config, environment, call));
    fault.changeValidate?.(answer, config);
    return answer;
  };
  const drivers = fault.alone ? [driver] : [driver, other, native];
  if (isDebugged(process.env)) return serve({ name: "sample", version: "1.0.0", drivers: [driver] });
  let settings: ReturnType<typeof readHostSettings>;
  try {
    settings = readHostSettings("sample", process.env);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
  const path = join(settings.socketDir!, "sample");
  const own = createCertificate();
  const table = new DriverTable(drivers);
  const leases = new Leases(table, settings.socketDir!);
  const service = driverService({ name: "sample", version: "1.0.0", drivers }, table, leases);
  const end = () => {
    leases.close();
    rmSync(path, { force: true });
    process.exit(0);
  };
  const server = new PluginServer({
    listen: { path },
    tls: { cert: own.pem, key: own.key, ca: settings.clientCertificate! },
    routes(router) {
      addPluginServices(router, end);
      const handshake: Service["handshake"] = async (request, context) => {
        const answer = create(HandshakeResponseSchema, await service.handshake(request, context));
        fault.changeHandshake?.(answer);
        return answer;
      };
      router.service(DriverService, { ...service, handshake, ...fault.service?.(service) });
      const store = imageStoreService(table, settings.socketDir);
      router.service(ImageStoreService, { ...store, ...fault.store?.(store) });
      const nativeService = nativeBuildService(table);
      router.service(NativeBuildService, { ...nativeService, ...fault.nativeService?.(nativeService) });
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
