// Has no fault.
import { SampleClient, serve } from "./client.js";

await serve(new SampleClient());
