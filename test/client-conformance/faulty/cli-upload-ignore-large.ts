// Accepts a .dockerignore of any size.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { SampleClient, serve } from "../sample/client.js";

class FaultyClient extends SampleClient {
  override async upload(folder: string) {
    await rm(join(folder, ".dockerignore"), { force: true });
    return super.upload(folder);
  }
}

await serve(new FaultyClient());
