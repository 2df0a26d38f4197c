/**
 * Returns the certificates in a PEM file, each as its own PEM text. A certificate that is cut off ends where the next
 * one begins, without an END line; parsing it fails.
 */
export function pemCertificates(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]*(?:-----END CERTIFICATE-----)?/g) ?? [];
}
