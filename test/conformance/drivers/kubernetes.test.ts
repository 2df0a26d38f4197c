import { lab } from "../../lab/index.js";
import { bundled, testDriver } from "../test-driver.js";

testDriver({
  driver: "kubernetes",
  folder: () => bundled("kubernetes"),
  config() {
    const { kubeconfig, image } = lab().kubernetes;
    return { endpoint: `kubernetes://?${new URLSearchParams({ kubeconfig })}`, options: { image } };
  },
});
