import { join } from "node:path";
import { must, tempDir } from "../lab/index.js";

/**
 * Variables of Go with an empty folder of modules, since Go keeps a module of one version forever. Those of others come
 * from this machine's folder, if it has them. -trimpath makes what is compiled independent of that folder, so builds
 * share it.
 */
export async function goModules() {
  const { stdout } = await must("go", ["env", "-json", "GOMODCACHE", "GOPROXY"]);
  const { GOMODCACHE, GOPROXY } = JSON.parse(stdout);
  return {
    GOMODCACHE: await tempDir(),
    GOPROXY: `file://${join(GOMODCACHE, "cache/download")},${GOPROXY}`,
    GOFLAGS: "-modcacherw -trimpath",
  };
}
