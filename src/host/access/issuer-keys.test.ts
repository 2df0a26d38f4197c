import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { expect, it } from "vitest";
import { refusedAddresses } from "./issuer-keys.js";

const own = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"];
const services = ["0.0.0.0", "::", "169.254.169.254", "::ffff:a9fe:a9fe", "fe80::1", "100.100.100.200"];
const isRefused = (url: string, address: string) =>
  refusedAddresses({ url })(address, isIP(address)) !== undefined;

it("refuses what an issuer's configuration names on the host's machine", () => {
  const interfaces = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const addresses = [...own, ...services, ...interfaces.map(({ address }) => address)];
  for (const address of addresses) expect(isRefused("https://id.example", address), address).toBe(true);
  for (const address of ["192.0.2.7", "2001:db8::7"])
    expect(isRefused("https://id.example", address), address).toBe(false);
});

it("lets an issuer on the loopback interface name others there, and nothing else", () => {
  for (const url of ["http://127.0.0.1:8080", "http://localhost", "http://[::ffff:127.0.0.1]:8080"]) {
    for (const address of own) expect(isRefused(url, address), address).toBe(false);
    for (const address of services) expect(isRefused(url, address), address).toBe(true);
  }
});
