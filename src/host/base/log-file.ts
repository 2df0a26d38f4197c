import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** Size in bytes at which a new file is started. */
const fileBytes = 10 << 20;
/** Number of full files that are kept: PATH.1 is the newest of them. */
const keptFiles = 2;

/**
 * A log file that only its user can read, and that only one process writes. It holds at most 10 MiB; full ones are
 * renamed to PATH.1 and PATH.2. A line that cannot be written, such as on a full disk, is dropped: the log must not end
 * the host. The next line that can be written follows a report of how many were dropped.
 */
export class LogFile {
  #file: number;
  #size: number;
  #dropped = 0;

  private constructor(
    private readonly path: string,
    private readonly maxBytes: number,
    private readonly report: (dropped: number) => string,
  ) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#file = openAppending(path);
    this.#size = fstatSync(this.#file).size;
  }

  /**
   * Opens the file for appending, and creates its folder. Throws the error of the system.
   * @param report the line that reports dropped lines
   */
  static open(path: string, report: (dropped: number) => string, maxBytes = fileBytes): LogFile {
    return new LogFile(path, maxBytes, report);
  }

  /** Appends a line. */
  write(line: string): void {
    if (this.#file < 0) return;
    try {
      if (this.#size > 0 && this.#size + Buffer.byteLength(line) > this.maxBytes) this.#rotate();
      if (this.#dropped > 0) {
        this.#append(this.report(this.#dropped));
        this.#dropped = 0;
      }
      this.#append(line);
    } catch {
      this.#dropped += 1;
    }
  }

  /** Closes the file; lines that follow are dropped. */
  close(): void {
    closeSync(this.#file);
    this.#file = -1;
  }

  #append(line: string): void {
    const bytes = Buffer.from(line);
    for (let written = 0; written < bytes.length; ) {
      const count = writeSync(this.#file, bytes, written);
      written += count;
      this.#size += count;
    }
  }

  #rotate(): void {
    for (let index = keptFiles; index > 0; index -= 1) {
      const older = index === 1 ? this.path : `${this.path}.${index - 1}`;
      try {
        renameSync(older, `${this.path}.${index}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
    const next = openAppending(this.path);
    closeSync(this.#file);
    this.#file = next;
    this.#size = 0;
  }
}

function openAppending(path: string): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
  const file = openSync(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
  fchmodSync(file, 0o600);
  return file;
}
