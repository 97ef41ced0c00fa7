/**
 * A log of all frames in both directions as lines of JSON, for diagnosis (contract: Wire log).
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";
import { errnoCode, errnoText } from "../../system/errno.ts";
import { ServeError } from "../../system/serve_error.ts";
import type { Logger } from "../../system/log.ts";
import { lineMask, mapMembers } from "./wire_mask.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** The direction of a frame, as the daemon sees it. */
export type Direction = "in" | "out";

/** A log of the frames of all connections. */
export interface WireLog extends Disposable {
  /**
   * Appends frames.
   *
   * @param conn The number of the connection.
   * @param lines Whole lines, or the beginning of a very large line.
   * @param size The full size of the lines, in bytes. @default {the size of `lines`}
   */
  note(direction: Direction, conn: number, lines: string | Uint8Array, size?: number): void;
}

/** Options of {@linkcode openWireLog}. */
export interface WireLogOptions {
  /** The path of the file. */
  readonly path: string;
  /** The length that strings are cut to, in bytes; 0 for whole frames. */
  readonly maxString: number;
  /** The daemon's token, which is masked. */
  readonly token: string;
  /** The source of the time of each line. */
  readonly clock: Clock;
  /** The log of the daemon, for failures to write the file. */
  readonly log: Logger;
}

/**
 * Opens the log, for this user only.
 *
 * @throws {ServeError} If it cannot be opened.
 */
export function openWireLog({ path, maxString, token, clock, log }: WireLogOptions): WireLog {
  const file = openPrivately(path);
  const mask = lineMask(token);
  let isFailing = false;

  function write(direction: Direction, conn: number, line: string, size: number | undefined): void {
    if (line.trim() === "") return;
    const body = mask(line, { direction, conn, isCut: size !== undefined });
    const entry = { ts: new Date(clock.now()).toISOString(), dir: direction, conn, ...describe(body, maxString, size) };
    try {
      const bytes = ENCODER.encode(JSON.stringify(entry) + "\n");
      for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn(`[Server] wire log ${path}: ${errnoText(error)}`);
      isFailing = true;
    }
  }

  return {
    note(direction, conn, lines, size) {
      const text = typeof lines === "string" ? lines : DECODER.decode(lines);
      const isCut = size !== undefined && size > lines.length;
      for (const line of text.split("\n")) write(direction, conn, line, isCut ? size : undefined);
    },
    [Symbol.dispose]: () => file.close(),
  };
}

function openPrivately(path: string): Deno.FsFile {
  try {
    // A device must stay accessible to all users; a FIFO would block the daemon.
    if (isSpecial(path)) throw new ServeError(`wire log: ${path} is not a regular file: name another one`);
    const file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
    if (Deno.build.os !== "windows") Deno.chmodSync(path, 0o600);
    return file;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new ServeError(`wire log: open ${path}: ${errnoText(error)}`, { cause: error });
  }
}

function isSpecial(path: string): boolean {
  try {
    const { isFile, isDirectory } = Deno.statSync(path);
    return !isFile && !isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Returns the members of an entry; `size` is the full size of a line of which only the beginning is known. */
function describe(body: unknown, maxString: number, size: number | undefined): { body: unknown } | { raw: string } {
  if (maxString > 0) return { body: typeof body === "string" ? cutText(body, maxString, size) : cut(body, maxString) };
  const raw = typeof body === "string" ? body : JSON.stringify(body);
  return { raw: size === undefined ? raw : `${raw}${sizeMark(size)}` };
}

function cut(body: unknown, maxBytes: number): unknown {
  if (typeof body === "string") return cutText(body, maxBytes);
  if (Array.isArray(body)) return body.map((item) => cut(item, maxBytes));
  if (typeof body !== "object" || body === null) return body;
  return mapMembers(body, (key, value) => [cutText(key, maxBytes), cut(value, maxBytes)]);
}

function cutText(text: string, maxBytes: number, size?: number): string {
  if (text.length * 3 <= maxBytes) return size === undefined ? text : text + sizeMark(size);
  const bytes = ENCODER.encode(text);
  if (bytes.length <= maxBytes && size === undefined) return text;
  const kept = DECODER.decode(bytes.subarray(0, maxBytes), { stream: true });
  DECODER.decode(); // discards the rest of a character that was cut in two
  return kept + sizeMark(size ?? bytes.length);
}

function sizeMark(bytes: number): string {
  return `...(${bytes} bytes)`;
}
