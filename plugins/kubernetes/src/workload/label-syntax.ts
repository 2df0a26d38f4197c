/** Maximum length of a label's value. */
export const maxLabelLength = 63;

/** A DNS label, as names of Kubernetes objects and namespaces. */
export const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** A DNS name: labels with dots between them. */
export const dnsName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** The value of a label, and the name in its key. */
export const labelValue = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** Throws an Error when a text cannot be the key of a label or annotation. */
export function checkLabelKey(key: string): void {
  const [name = "", prefix, ...more] = key.split("/").reverse();
  const isValid = more.length === 0 && labelValue.test(name) && name.length <= maxLabelLength;
  if (!isValid || (prefix !== undefined && !dnsName.test(prefix)))
    throw new Error(`"${key}" is not a valid label key`);
}
