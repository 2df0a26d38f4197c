import { isIP, isIPv4 } from "node:net";
import type { HclFunction } from "../hcl/evaluate.js";
import { ArgumentError, fn, integer, number, text, texts } from "./arguments.js";

/** Functions of IP networks. */
export const networkFunctions: Record<string, HclFunction> = {
  cidrhost: fn(["string", "number"], (prefix, host) => {
    const network = parse(text(prefix));
    const free = BigInt(network.bits - network.length);
    const given = number(host).numerator;
    const size = 1n << free;
    const index = given < 0n ? size + given : given;
    if (index < 0n || index >= size)
      throw new ArgumentError(`prefix of ${network.length} does not accommodate a host numbered ${given}`);
    return print(network.address + index, network.bits);
  }),
  cidrnetmask: fn(["string"], (prefix) => {
    const { bits, length } = parse(text(prefix));
    if (bits !== 32) throw new ArgumentError("only IPv4 networks are supported");
    return print(mask(bits, length), bits);
  }),
  cidrsubnet: fn(["string", "number", "number"], (prefix, newBits, index) => {
    const network = parse(text(prefix));
    return subnet(network, integer(newBits), number(index).numerator);
  }),
  cidrsubnets: fn(
    ["string"],
    (prefix, ...newBits) => {
      const network = parse(text(prefix));
      let next = network.address;
      const end = network.address + (1n << BigInt(network.bits - network.length));
      return texts(
        newBits.map((value) => {
          const length = network.length + integer(value);
          if (integer(value) < 1) throw new ArgumentError("must extend prefix by at least one bit");
          if (length > network.bits)
            throw new ArgumentError(
              `would extend prefix to ${length} bits, which is too long for an ${network.bits === 32 ? "IPv4" : "IPv6"} address`,
            );
          const size = 1n << BigInt(network.bits - length);
          const start = ((next + size - 1n) / size) * size;
          if (start + size > end)
            throw new ArgumentError(
              `not enough remaining address space for a subnet with a prefix of ${length} bits`,
            );
          next = start + size;
          return `${print(start, network.bits)}/${length}`;
        }),
      );
    },
    { rest: "number" },
  ),
};

interface Network {
  /** With zeros for the host. */
  address: bigint;
  /** 32 or 128. */
  bits: number;
  length: number;
}

function parse(prefix: string): Network {
  const [, address = "", digits = ""] = /^(.+)\/(\d{1,3})$/.exec(prefix) ?? [];
  const bits = isIPv4(address) ? 32 : 128;
  const length = Number(digits);
  if (isIP(address) === 0 || digits === "" || length > bits)
    throw new ArgumentError(`invalid CIDR expression: invalid CIDR address: ${prefix}`);
  return { address: read(address, bits) & mask(bits, length), bits, length };
}

function subnet({ address, bits, length }: Network, newBits: number, index: bigint): string {
  const total = length + newBits;
  if (total > bits)
    throw new ArgumentError(`insufficient address space to extend prefix of ${length} by ${newBits}`);
  if (index < 0n || index >= 1n << BigInt(newBits))
    throw new ArgumentError(`prefix extension of ${newBits} does not accommodate a subnet numbered ${index}`);
  return `${print(address + (index << BigInt(bits - total)), bits)}/${total}`;
}

function mask(bits: number, length: number): bigint {
  return ((1n << BigInt(length)) - 1n) << BigInt(bits - length);
}

function read(address: string, bits: number): bigint {
  if (bits === 32) return address.split(".").reduce((value, part) => (value << 8n) + BigInt(part), 0n);
  const v4 = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const plain = v4
    ? address.slice(0, -v4[0].length) +
      [0, 2].map((at) => (Number(v4[at + 1]) * 256 + Number(v4[at + 2])).toString(16)).join(":")
    : address;
  const [head = "", tail] = plain.split("::");
  const left = head ? head.split(":") : [];
  const right = tail ? tail.split(":") : [];
  const middle = Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill("0");
  return [...left, ...middle, ...right].reduce((value, part) => (value << 16n) + BigInt(`0x${part}`), 0n);
}

function print(address: bigint, bits: number): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join(".");
  const parts = Array.from({ length: 8 }, (_, index) =>
    ((address >> BigInt(112 - index * 16)) & 0xffffn).toString(16),
  );
  // URL writes an IPv6 address in its shortest form.
  return new URL(`http://[${parts.join(":")}]`).hostname.slice(1, -1);
}
