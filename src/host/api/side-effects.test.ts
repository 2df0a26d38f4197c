import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { BuildService } from "../../gen/slipway/v1/build_pb.js";
import { BuilderService } from "../../gen/slipway/v1/builder_pb.js";
import { HistoryService } from "../../gen/slipway/v1/history_pb.js";
import { HostService } from "../../gen/slipway/v1/host_pb.js";
import { PluginService } from "../../gen/slipway/v1/plugin_pb.js";
import { UploadService } from "../../gen/slipway/v1/upload_pb.js";

const services = [BuildService, BuilderService, PluginService, HistoryService, HostService, UploadService];

test("exactly the methods that only read are declared to have no side effects", () => {
  const methods = services.flatMap((service) => service.methods);
  const declared = methods.filter(({ idempotency }) => idempotency === Level.NO_SIDE_EFFECTS);
  const reading = /^(Negotiate|Diagnose|Get|List|Verify|WatchHistory|ReadHistory)/;
  expect(declared).toHaveLength(14);
  expect(declared).toEqual(methods.filter(({ name }) => reading.test(name)));
});
