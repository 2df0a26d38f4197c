// Speaks gRPC-Web.
import { createGrpcWebTransport } from "@connectrpc/connect-node";
import { serve } from "./client.js";
import { Http1Client } from "./http1-client.js";

await serve(new Http1Client(createGrpcWebTransport));
