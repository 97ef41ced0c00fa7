/**
 * The debug file of an instance, which the agent CLI writes and never empties: it is read as it grows, and kept small.
 *
 * @module
 */

import { removeIfThere } from "../system/private_files.ts";
import { KEPT_MS, namesIn } from "./masked_log.ts";

/** How much is read at once, in bytes: the work on it must not keep others waiting. */
const CHUNK_BYTES = 64 << 10;
/** More than this is not read in one go, in bytes. */
const MOST_AT_ONCE = 1 << 20;
/** Of a file that grows faster than it is read, what is further behind than this is left out, in bytes. */
const MAX_BEHIND = 16 << 20;
/** The size at which the file is put aside, in bytes, and how many of those are kept. */
const [ROTATE_BYTES, KEPT_FILES] = [10 << 20, 5];
const PRIVATE_MODE = 0o600;

/** What happened when a file was read. */
export interface DebugRead {
  /** How much of it was read so far, in bytes. */
  readonly offset: number;
  /** Whether there may be more. */
  readonly isBehind: boolean;
}

/** How a file is read. */
export interface ReadOptions {
  /** How much of it was read before, in bytes. */
  readonly offset: number;
  /** Takes what is new. */
  readonly onBytes: (bytes: Uint8Array) => Promise<void>;
  /** Called when bytes are left out. */
  readonly onSkip: (bytes: number) => Promise<void>;
}

/** A debug file. */
export class DebugFile {
  /** The path. */
  readonly path: string;

  /** @param directory The directory of the file, and of former ones. */
  constructor(directory: string) {
    this.path = `${directory}/debug.log`;
  }

  /** Reads what is new, up to 1 MiB. */
  async read({ offset, onBytes, onSkip }: ReadOptions): Promise<DebugRead> {
    const size = await this.#size();
    // A file that has become shorter was begun anew.
    let at = size < offset ? 0 : offset;
    if (size === at) return { offset: at, isBehind: false };
    if (size - at > MAX_BEHIND) {
      const next = size - MOST_AT_ONCE;
      await onSkip(next - at);
      at = next;
    }
    using file = await Deno.open(this.path);
    await file.seek(at, Deno.SeekMode.Start);
    const end = Math.min(size, at + MOST_AT_ONCE);
    while (at < end) {
      const buffer = new Uint8Array(Math.min(CHUNK_BYTES, end - at));
      const read = await file.read(buffer);
      if (read === null) break;
      at += read;
      await onBytes(buffer.subarray(0, read));
      await turn();
    }
    return { offset: at, isBehind: at < size };
  }

  /**
   * Puts a file aside that has become large. The program may have it open, so it is copied and emptied.
   *
   * @param offset How much of it was read; without all of it, nothing is done.
   * @returns How much of the file that is there now was read.
   */
  async rotate(offset: number): Promise<number> {
    if (offset < ROTATE_BYTES) return offset;
    await this.#shift();
    await Deno.copyFile(this.path, `${this.path}.1`);
    return this.empty(offset);
  }

  /**
   * Empties the file, if all of it was read. Nothing can be written between the look and the emptying for long.
   *
   * @returns How much of the file that is there now was read.
   */
  empty(offset: number): number {
    try {
      if (offset === 0 || Deno.statSync(this.path).size !== offset) return offset;
      Deno.truncateSync(this.path);
      return 0;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return 0;
      throw error;
    }
  }

  /**
   * Puts the file of a former program aside, or removes it, and begins a new one: the ids in it are like passwords, and the
   * program itself would let others read the file.
   */
  async begin(isKept: boolean): Promise<void> {
    if (isKept) await this.#putAside();
    else await removeIfThere(this.path);
    using _ = await Deno.open(this.path, { write: true, create: true, mode: PRIVATE_MODE });
    await Deno.chmod(this.path, PRIVATE_MODE);
  }

  /** Removes former files that are older than 30 days. */
  async prune(now: number): Promise<void> {
    const slash = this.path.lastIndexOf("/");
    for (const name of await namesIn(this.path.slice(0, slash))) {
      if (!/^debug\.log\.\d+$/.test(name)) continue;
      const path = `${this.path.slice(0, slash)}/${name}`;
      if (now - ((await Deno.stat(path)).mtime?.getTime() ?? now) > KEPT_MS) await removeIfThere(path);
    }
  }

  async #putAside(): Promise<void> {
    if (await this.#size() === 0) return await removeIfThere(this.path);
    await this.#shift();
    await Deno.rename(this.path, `${this.path}.1`);
  }

  /** Makes room for another former file. */
  async #shift(): Promise<void> {
    await removeIfThere(`${this.path}.${KEPT_FILES}`);
    for (let i = KEPT_FILES - 1; i > 0; i--) {
      try {
        await Deno.rename(`${this.path}.${i}`, `${this.path}.${i + 1}`);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  /** The size of the file; 0 if there is none, or something else in its place, which could block who opens it. */
  async #size(): Promise<number> {
    try {
      const { isFile, size } = await Deno.lstat(this.path);
      return isFile ? size : 0;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return 0;
      throw error;
    }
  }
}

/** Lets others have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
