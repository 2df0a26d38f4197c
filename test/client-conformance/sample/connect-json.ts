// Speaks Connect in JSON.
import { createConnectTransport } from "@connectrpc/connect-node";
import { serve } from "./client.js";
import { Http1Client } from "./http1-client.js";

await serve(new Http1Client((options) => createConnectTransport({ ...options, useBinaryFormat: false })));
