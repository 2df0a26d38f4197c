import { register } from "tsx/esm/api";

// Node 20 does not apply --import to threads.
register();
await import("./fuzz-worker.ts");
