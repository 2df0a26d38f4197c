// Ignores the deadline of a call.
import { serveWithFault } from "../conforming/serve-with-fault.js";

const deadline = "grpc-timeout";
// The RPC library and the SDK end a call at its deadline, whatever the driver does; so they must not see it.
const { get } = Headers.prototype;
Object.defineProperty(Headers.prototype, "get", {
  value(this: Headers, name: string) {
    return name.toLowerCase() === deadline ? null : get.call(this, name);
  },
});

await serveWithFault({
  service: ({ bootstrap }) => ({
    async *bootstrap(request, context) {
      if ([...context.requestHeader.keys()].includes(deadline))
        await new Promise((resolve) => setTimeout(resolve, 30_000));
      yield* bootstrap(request, context);
    },
  }),
});
