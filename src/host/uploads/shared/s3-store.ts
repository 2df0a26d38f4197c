import { Readable } from "node:stream";
import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { SharedStore } from "./shared-store.js";

/** An object is sent in parts of this size, so many at a time, in bytes. */
const part = { bytes: 8 << 20, atATime: 2 };

/** How long a connection may take, and a server may be silent, in milliseconds. */
const timeouts = { connectionTimeout: 5_000, socketTimeout: 60_000 };

/** Objects in an S3 bucket. Credentials and region are found as the AWS CLI finds them. */
export class S3Store implements SharedStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  /** @param url s3://bucket/prefix, with `endpoint` and `region` of another server than Amazon's as parameters */
  constructor(url: URL) {
    const endpoint = url.searchParams.get("endpoint") ?? undefined;
    const path = decodeURIComponent(url.pathname).replace(/^\/|\/$/g, "");
    this.#bucket = url.hostname;
    this.#prefix = path && `${path}/`;
    this.#client = new S3Client({
      endpoint,
      region: url.searchParams.get("region") ?? undefined,
      // Only Amazon serves each bucket by a name of its own.
      forcePathStyle: endpoint !== undefined,
      requestHandler: timeouts,
      // The contents have digests. Not every server knows these checksums.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  #object(name: string) {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${name}` };
  }

  async put(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    // Its parts are removed again when it fails.
    const upload = new Upload({
      client: this.#client,
      params: { ...this.#object(name), Body: Readable.from(content, { objectMode: false }) },
      partSize: part.bytes,
      queueSize: part.atATime,
    });
    await upload.done();
  }

  async get(name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    try {
      const { Body } = await this.#client.send(new GetObjectCommand(this.#object(name)));
      return Body as Readable;
    } catch (cause) {
      if (cause instanceof NoSuchKey) return undefined;
      throw cause;
    }
  }

  async remove(name: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#object(name)));
  }

  close(): void {
    this.#client.destroy();
  }
}
