import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, MethodImpl, ServiceImpl } from "@connectrpc/connect";
import { maxMessageBytes } from "./limits.js";

/** Largest request of a method that carries no content, in bytes. */
const maxPlainBytes = 1024 * 1024;

/** Methods whose requests carry content: files, specifications, settings, chunks. */
const withContent = new Set([
  "AddBlobs",
  "AppendNode",
  "CreateBuilder",
  "CreateUpload",
  "DialBuilder",
  "EvaluatePolicy",
  "PlanBake",
  "StartBake",
  "StartBuild",
  "TestPolicy",
  "UpdateNode",
  "UploadTar",
  "WriteInput",
  "WriteUpload",
]);

/**
 * Registers a service. Only requests that carry content may be large. How many elements any of them may have is the
 * server's limit.
 */
export function serveMethods<T extends DescService>(
  router: ConnectRouter,
  service: T,
  implementation: ServiceImpl<T>,
): void {
  for (const method of service.methods) {
    const readMaxBytes = withContent.has(method.name) ? maxMessageBytes : maxPlainBytes;
    const handle: (...args: never[]) => unknown = implementation[method.localName as keyof ServiceImpl<T>];
    router.rpc(method, handle.bind(implementation) as MethodImpl<typeof method>, { readMaxBytes });
  }
}
