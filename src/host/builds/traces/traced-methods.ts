import type { SessionMethod } from "../../../buildkit/session/method.js";
import { readTraceContext } from "../../base/trace-context.js";
import type { Span } from "../../base/tracer.js";

/** Session methods with a span for each call of a BuildKit that records: what it reads, and what it sends as outputs. */
export function tracedMethods(
  methods: readonly SessionMethod[],
  build: Span | undefined,
): readonly SessionMethod[] {
  if (!build?.isExported) return methods;
  return methods.map(({ path, handle }) => ({
    path,
    async handle(call) {
      const parent = readTraceContext({ get: (name) => call.header(name)[0] ?? null });
      if (!parent) return handle(call);
      const span = build.start({ name: path.slice(1), kind: "server", parent });
      await handle(call).then(
        () => span.end(),
        (cause: unknown) => {
          span.end({}, cause);
          throw cause;
        },
      );
    },
  }));
}
