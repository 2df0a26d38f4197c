import { join } from "node:path";
import { ask, type ClusterAccess } from "./access.js";

const count = 64;

/** Create volumes for claims in advance, since the cluster has no provisioner: folders in the state folder. */
export async function makeVolumes(cluster: ClusterAccess, folder: string): Promise<void> {
  await ask(cluster, "POST", "/apis/storage.k8s.io/v1/storageclasses", {
    metadata: { name: "lab", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: "kubernetes.io/no-provisioner",
    reclaimPolicy: "Delete",
  });
  for (let index = 0; index < count; index++)
    await ask(cluster, "POST", "/api/v1/persistentvolumes", {
      metadata: { name: `lab-${index}` },
      spec: {
        capacity: { storage: "10Gi" },
        accessModes: ["ReadWriteOnce"],
        persistentVolumeReclaimPolicy: "Delete",
        storageClassName: "lab",
        hostPath: { path: join(folder, "volumes", String(index)), type: "DirectoryOrCreate" },
      },
    });
}
