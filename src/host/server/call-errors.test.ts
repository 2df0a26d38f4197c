import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { errorToJson } from "@connectrpc/connect/protocol-connect";
import { expect, test } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { ErrorInfoSchema, RequestInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { createLog } from "../base/log.js";
import { handlerError, nameCall } from "./call-errors.js";

test("a driver's error has its reason in JSON, with details of any type", () => {
  const info = create(ErrorInfoSchema, { reason: "NODE_GONE", domain: "driver.slipway.dev" });
  const error = new ConnectError("it is gone", Code.NotFound);
  error.details = [
    { type: "google.rpc.ErrorInfo", value: toBinary(ErrorInfoSchema, info) },
    { type: "google.rpc.Help", value: new Uint8Array([0xff]) },
    { type: "example.Unknown", value: new Uint8Array([1]) },
  ];
  expect(errorToJson(handlerError(error, "a method", createLog("error")), undefined)).toMatchObject({
    code: "not_found",
    message: "it is gone",
    details: [
      { type: "google.rpc.ErrorInfo", debug: { reason: "NODE_GONE", domain: "driver.slipway.dev" } },
      { type: "google.rpc.Help", value: "/w" },
      { type: "example.Unknown", value: "AQ" },
    ],
  });
});

test("an error has the id of its call, in place of another one, and stays within what clients accept", () => {
  const value = toBinary(RequestInfoSchema, create(RequestInfoSchema, { requestId: "the driver's" }));
  const error = new ConnectError("it is gone", Code.NotFound);
  error.details = [
    { type: "google.rpc.RequestInfo", value },
    { type: "example.Unknown", value: new Uint8Array(3000) },
  ];
  const named = nameCall(error, "x".repeat(128));
  expect(named.findDetails(RequestInfoSchema).map(({ requestId }) => requestId)).toEqual(["x".repeat(128)]);
  expect(readTypedError(named)).toMatchObject({ code: Code.NotFound, callId: "x".repeat(128) });
});
