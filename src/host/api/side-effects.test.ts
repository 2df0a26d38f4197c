import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { DriverService } from "../../gen/slipway/driver/v1/driver_pb.js";
import { ImageStoreService } from "../../gen/slipway/driver/v1/image_store_pb.js";
import { NativeBuildService } from "../../gen/slipway/nativebuild/v1/native_build_pb.js";
import { AuthService } from "../../gen/slipway/v1/auth_pb.js";
import { BakeService } from "../../gen/slipway/v1/bake_pb.js";
import { BuildService } from "../../gen/slipway/v1/build_pb.js";
import { BuildPolicyService } from "../../gen/slipway/v1/build_policy_pb.js";
import { BuilderService } from "../../gen/slipway/v1/builder_pb.js";
import { DebugService } from "../../gen/slipway/v1/debug_pb.js";
import { HistoryService } from "../../gen/slipway/v1/history_pb.js";
import { HostService } from "../../gen/slipway/v1/host_pb.js";
import { ImageService } from "../../gen/slipway/v1/image_pb.js";
import { PluginService } from "../../gen/slipway/v1/plugin_pb.js";
import { UploadService } from "../../gen/slipway/v1/upload_pb.js";

const clientServices = [
  AuthService,
  BakeService,
  BuildService,
  DebugService,
  BuilderService,
  PluginService,
  HistoryService,
  HostService,
  BuildPolicyService,
  ImageService,
  UploadService,
];
const driverServices = [DriverService, ImageStoreService, NativeBuildService];

test.each([
  [
    "slipway.v1",
    clientServices,
    20,
    /^(Negotiate|Diagnose|Get|List|Verify|WatchHistory|ReadHistory|ReadFile|InspectStep)/,
  ],
  ["drivers", driverServices, 9, /^(Handshake|Validate|UpgradeConfig|Inspect|Get|List|Find|Check)/],
])(
  "exactly the methods of %s that only read are declared to have no side effects",
  (_name, services, count, reading) => {
    const methods = services.flatMap((service) => service.methods);
    const declared = methods.filter(({ idempotency }) => idempotency === Level.NO_SIDE_EFFECTS);
    expect(declared).toHaveLength(count);
    expect(declared).toEqual(methods.filter(({ name }) => reading.test(name)));
  },
);
