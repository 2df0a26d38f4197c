/** A client of BuildKit, for drivers whose backend offers more than its node through BuildKit's own services. */
export { type BuildkitClient, type BuildkitOptions, connectBuildkit } from "../buildkit/client.js";
export { Content } from "../gen/containerd/services/content/v1/content_pb.js";
