/**
 * Every frame, both ways, as lines of JSON: for diagnosis (daemon 7).
 *
 * @module
 */

import type { Clock } from "../system/clock.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { FatalError } from "../system/fatal.ts";
import type { Logger } from "./log.ts";

const MASK = "***";
/** A variable whose name looks like this has a value that nobody should read. */
const SECRET_NAME = /TOKEN|SECRET|PASS|KEY|AUTH|CREDENTIAL|COOKIE|PRIVATE/i;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Which way a frame went. */
export type Direction = "in" | "out";

/** Notes the frames of all connections. */
export interface WireLog extends Disposable {
  /**
   * Notes frames.
   *
   * @param conn The number of the connection.
   * @param lines Whole lines.
   */
  note(direction: Direction, conn: number, lines: string | Uint8Array): void;
}

/** What a wire log is. */
export interface WireLogOptions {
  /** The file; appended to. */
  readonly path: string;
  /** Strings are cut to this many bytes; 0 for whole frames. */
  readonly maxString: number;
  /** The daemon's token, which never gets into it. */
  readonly token: string;
  /** The time of a line. */
  readonly clock: Clock;
  /** Told when the file cannot be written any more. */
  readonly log: Logger;
}

/**
 * Opens the file, for this user only.
 *
 * @throws {FatalError} If it cannot be opened.
 */
export function openWireLog(options: WireLogOptions): WireLog {
  const { path, clock, log } = options;
  const file = openPrivately(path);
  let isFailing = false;

  function write(direction: Direction, conn: number, line: string): void {
    if (line.trim() === "") return;
    const entry = { ts: new Date(clock.now()).toISOString(), dir: direction, conn, ...describe(line, options) };
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
    note(direction, conn, lines) {
      const text = typeof lines === "string" ? lines : DECODER.decode(lines);
      for (const line of text.split("\n")) write(direction, conn, line);
    },
    [Symbol.dispose]: () => file.close(),
  };
}

function openPrivately(path: string): Deno.FsFile {
  try {
    // A device is for everybody, and must stay so; a FIFO would keep the daemon waiting.
    if (isSpecial(path)) throw new FatalError(`wire log: ${path} is not a regular file: name another one`);
    const file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
    if (Deno.build.os !== "windows") Deno.chmodSync(path, 0o600);
    return file;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new FatalError(`wire log: open ${path}: ${errnoText(error)}`, { cause: error });
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

function describe(line: string, { maxString, token }: WireLogOptions): { body: unknown } | { raw: string } {
  const body = masked(parse(line), token);
  if (maxString === 0) return { raw: typeof body === "string" ? body : JSON.stringify(body) };
  return { body: cut(body, maxString) };
}

/** What is no JSON is kept as text. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return line;
    throw error;
  }
}

function masked(body: unknown, token: string): unknown {
  if (typeof body === "string") return body.replaceAll(token, MASK);
  if (Array.isArray(body)) return body.map((item) => masked(item, token));
  if (typeof body !== "object" || body === null) return body;
  return mapMembers(body, (key, value) => {
    const name = key.toLowerCase();
    if (name === "auth") return MASK;
    if (name === "env" && typeof value === "object" && value !== null) {
      return mapMembers(value, (variable, text) => SECRET_NAME.test(variable) ? MASK : masked(text, token));
    }
    return masked(value, token);
  });
}

function cut(body: unknown, maxBytes: number): unknown {
  if (typeof body === "string") return cutText(body, maxBytes);
  if (Array.isArray(body)) return body.map((item) => cut(item, maxBytes));
  if (typeof body !== "object" || body === null) return body;
  return mapMembers(body, (_key, value) => cut(value, maxBytes));
}

function cutText(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const bytes = ENCODER.encode(text);
  if (bytes.length <= maxBytes) return text;
  const kept = DECODER.decode(bytes.subarray(0, maxBytes), { stream: true });
  DECODER.decode(); // what was left of a character that was cut in two
  return `${kept}...(${bytes.length} bytes)`;
}

function mapMembers(object: object, change: (key: string, value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(key, value)]));
}
