import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { Meter } from "../base/meter.js";

/** Measures the unary calls of a plugin. Streams last as long as what they report. */
export function measureCalls(plugin: string, meter: Meter): Interceptor {
  return (next) => async (request) => {
    if (request.stream) return next(request);
    const start = performance.now();
    const report = (code?: string) =>
      meter.pluginCalled({
        plugin,
        method: request.method.name,
        seconds: (performance.now() - start) / 1000,
        code,
      });
    try {
      const response = await next(request);
      report();
      return response;
    } catch (cause) {
      report(Code[ConnectError.from(cause).code]);
      throw cause;
    }
  };
}
