import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { createCertificate } from "./certificate.js";

test("the certificate is its own authority, for localhost, for clients and servers", () => {
  const { der, pem } = createCertificate(new Date("2026-11-24T10:00:00Z"));
  const certificate = new X509Certificate(pem);
  expect(certificate.raw.equals(der)).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.ca).toBe(true);
  expect(certificate.checkHost("localhost")).toBe("localhost");
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"]);
  expect(certificate.validFrom).toBe("Nov 24 09:59:30 2026 GMT");
  expect(certificate.validTo).toContain("2056");
});

test("each certificate is new", () => {
  const [a, b] = [createCertificate(), createCertificate()].map((c) => new X509Certificate(c.pem));
  expect(a!.serialNumber).not.toBe(b!.serialNumber);
  expect(a!.verify(b!.publicKey)).toBe(false);
});

test("the DER is valid for any random serial number", () => {
  for (let i = 0; i < 300; i++) expect(() => new X509Certificate(createCertificate().der)).not.toThrow();
});
