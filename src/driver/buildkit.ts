/** A client of BuildKit, for drivers that use BuildKit's own services beyond the node. */
export { type BuildkitClient, type BuildkitOptions, connectBuildkit } from "../buildkit/client.js";
export { Content } from "../gen/containerd/services/content/v1/content_pb.js";
