// Has one page of implicit builders, whatever the request says.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ listImplicitBuilders }) => ({
    listImplicitBuilders: (request, context) =>
      listImplicitBuilders({ ...request, pageSize: 0, pageToken: "" }, context),
  }),
});
