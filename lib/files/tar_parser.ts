/**
 * A push parser for tar archives, which buffers no more than a header. It supports ustar, GNU, star and old archives,
 * GNU long names and pax headers. Entries that are neither files nor directories are passed to the handler with their
 * type (contract: Files methods, `files.extract_tar`).
 *
 * This stands in for `@std/tar`, which lacks GNU long names and pax headers. It may go once that supports them and its
 * errors can be mapped to the contract's texts.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { decodeUtf8 } from "../system/utf8.ts";

/** One entry of an archive. */
export interface TarEntry {
  /** The full name. */
  readonly name: string;
  /** The type: `0` for a file, `5` for a directory, other characters for other types. */
  readonly type: string;
  /** The size of the body, in bytes. */
  readonly size: number;
  /** Whether the owner may execute it. */
  readonly isExecutable: boolean;
}

/** Receives the contents of an archive, in order. */
export interface TarHandler {
  /** Called at the start of an entry. */
  onEntry(entry: TarEntry): void;
  /** Called with a piece of the entry's body, which is valid only during the call. */
  onData(bytes: Uint8Array): void;
  /** Called at the end of the entry. */
  onEntryEnd(): void;
}

/** The file is not a valid tar archive. */
export class TarHeaderError extends ClaustrumError {
  /** Creates the error; the message is the contract's. */
  constructor() {
    super("archive/tar: invalid tar header");
  }
}

/** The position in an archive at which its bytes end. */
export type TarEnd =
  /** Between two entries, or after the closing blocks. */
  | "complete"
  /** In a header, or in a record that belongs to one. */
  | "in header"
  /** In a body. */
  | "in body";

const BLOCK_BYTES = 512;
const OWNER_EXECUTE = 0o100;
/** The largest long name or pax header, in bytes. These are buffered, and a larger one is an attack. */
const MAX_META_BYTES = 1 << 20;
const META_TYPES = new Set(["x", "L", "K"]);
const BODILESS_TYPES = new Set(["1", "2", "3", "4", "5", "6"]);

/** Parses a tar archive whose bytes arrive in pieces. */
export class TarParser {
  readonly #handler: TarHandler;
  readonly #header = new Uint8Array(BLOCK_BYTES);
  #headerBytes = 0;
  #bodyLeft = 0;
  #paddingLeft = 0;
  #meta: { readonly type: string; readonly bytes: Uint8Array; length: number } | undefined;
  #longName: string | undefined;
  #pax = new Map<string, string>();
  #isInEntry = false;
  #zeroBlocks = 0;

  /** Creates a parser that calls a handler. */
  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  /** Whether the closing blocks were read; bytes after them are ignored. */
  get isDone(): boolean {
    return this.#zeroBlocks >= 2;
  }

  /** The position of the parser, if the archive ends here. */
  get end(): TarEnd {
    if (this.#isInEntry) return "in body";
    const isInHeader = this.#headerBytes > 0 || this.#meta !== undefined || this.#paddingLeft > 0;
    return isInHeader && !this.isDone ? "in header" : "complete";
  }

  /**
   * Parses the next bytes.
   *
   * @throws {TarHeaderError} If they are not part of a valid archive.
   */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.isDone;) {
      if (this.#bodyLeft > 0) at += this.#takeBody(bytes.subarray(at, at + this.#bodyLeft));
      else if (this.#paddingLeft > 0) at += this.#skipPadding(bytes.length - at);
      else at += this.#takeHeader(bytes.subarray(at, at + BLOCK_BYTES - this.#headerBytes));
    }
  }

  #takeBody(bytes: Uint8Array): number {
    this.#bodyLeft -= bytes.length;
    if (this.#meta === undefined) {
      this.#handler.onData(bytes);
    } else {
      this.#meta.bytes.set(bytes, this.#meta.length);
      this.#meta.length += bytes.length;
    }
    if (this.#bodyLeft === 0) this.#finishBody();
    return bytes.length;
  }

  #finishBody(): void {
    const meta = this.#meta;
    this.#meta = undefined;
    if (meta !== undefined) return this.#takeMeta(meta.type, meta.bytes);
    this.#isInEntry = false;
    this.#handler.onEntryEnd();
  }

  #skipPadding(available: number): number {
    const skipped = Math.min(available, this.#paddingLeft);
    this.#paddingLeft -= skipped;
    return skipped;
  }

  #takeHeader(bytes: Uint8Array): number {
    this.#header.set(bytes, this.#headerBytes);
    this.#headerBytes += bytes.length;
    if (this.#headerBytes === BLOCK_BYTES) {
      this.#headerBytes = 0;
      this.#parseHeader();
    }
    return bytes.length;
  }

  #parseHeader(): void {
    const header = this.#header;
    if (header.every((byte) => byte === 0)) {
      this.#zeroBlocks++;
      return;
    }
    if (this.#zeroBlocks > 0) throw new TarHeaderError();
    checkSum(header);
    const type = String.fromCharCode(header[156]!);
    const size = numberAt(header, 124, 12);
    if (META_TYPES.has(type)) return this.#beginMeta(type, size);
    this.#beginEntry(type, size);
  }

  #beginMeta(type: string, size: number): void {
    if (size > MAX_META_BYTES) throw new TarHeaderError();
    this.#meta = { type, bytes: new Uint8Array(size), length: 0 };
    this.#beginBody(size);
    if (size === 0) this.#finishBody();
  }

  #beginEntry(type: string, headerSize: number): void {
    const name = this.#pax.get("path") ?? this.#longName ?? nameOf(this.#header);
    const declared = this.#pax.has("size") ? paxSize(this.#pax.get("size")!) : headerSize;
    const isSparse = [...this.#pax.keys()].some((key) => key.startsWith("GNU.sparse."));
    this.#pax = new Map();
    this.#longName = undefined;
    const shown = isSparse ? "S" : type === "\0" ? (name.endsWith("/") ? "5" : "0") : type;
    const size = BODILESS_TYPES.has(shown) ? 0 : declared;
    this.#isInEntry = true;
    this.#handler.onEntry({ name, type: shown, size, isExecutable: isExecutable(this.#header) });
    this.#beginBody(size);
    if (size === 0) this.#finishBody();
  }

  #beginBody(size: number): void {
    this.#bodyLeft = size;
    this.#paddingLeft = (BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES;
  }

  #takeMeta(type: string, bytes: Uint8Array): void {
    if (type === "x") this.#pax = new Map([...this.#pax, ...parsePax(bytes)]);
    else if (type === "L") this.#longName = textUpToNul(bytes);
  }
}

/** Checks the sum of all bytes, with spaces in place of the sum itself. Some old programs sum signed bytes. */
function checkSum(header: Uint8Array): void {
  const stated = numberAt(header, 148, 8);
  let unsigned = 0;
  let signed = 0;
  for (let i = 0; i < BLOCK_BYTES; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : header[i]!;
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  if (stated !== unsigned && stated !== signed) throw new TarHeaderError();
}

/** Parses a number: octal text, or binary if the first bit is set. */
function numberAt(header: Uint8Array, start: number, length: number): number {
  const field = header.subarray(start, start + length);
  if ((field[0]! & 0x80) === 0) return octal(new TextDecoder("latin1").decode(field));
  // The second bit is set in negative numbers, which are invalid here.
  if ((field[0]! & 0x40) !== 0) throw new TarHeaderError();
  let value = field[0]! & 0x3f;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  if (!Number.isSafeInteger(value)) throw new TarHeaderError();
  return value;
}

/** Whether the owner may execute the file; false if the mode cannot be read. */
function isExecutable(header: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(header.subarray(100, 108)).replace(/^[ \0]+|[ \0]+$/g, "");
  return /^[0-7]+$/.test(text) && (parseInt(text, 8) & OWNER_EXECUTE) !== 0;
}

function octal(text: string): number {
  const digits = text.replace(/^[ \0]+|[ \0]+$/g, "");
  if (!/^[0-7]*$/.test(digits)) throw new TarHeaderError();
  return digits === "" ? 0 : parseInt(digits, 8);
}

function paxSize(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new TarHeaderError();
  return Number(text);
}

function textUpToNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeUtf8(end < 0 ? bytes : bytes.subarray(0, end));
}

const USTAR = "ustar\0";

/** Returns the name with the prefix that ustar and star store separately; GNU uses that field for other data. */
function nameOf(header: Uint8Array): string {
  const name = textUpToNul(header.subarray(0, 100));
  const latin = (start: number, end: number) => new TextDecoder("latin1").decode(header.subarray(start, end));
  if (latin(257, 263) !== USTAR) return name;
  const isStar = latin(508, 512) === "tar\0";
  const prefix = textUpToNul(header.subarray(345, isStar ? 476 : 500));
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Parses records of `LENGTH KEY=VALUE\n`, where the length is that of the whole record. */
function parsePax(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? NaN : Number(decodeUtf8(bytes.subarray(at, space)));
    const end = at + length;
    if (!Number.isInteger(length) || end > bytes.length || end <= space + 1 || bytes[end - 1] !== 0x0a) {
      throw new TarHeaderError();
    }
    const text = decodeUtf8(bytes.subarray(space + 1, end - 1));
    const equals = text.indexOf("=");
    if (equals <= 0) throw new TarHeaderError();
    const [key, value] = [text.slice(0, equals), text.slice(equals + 1)];
    if (key === "path" && value.includes("\0")) throw new TarHeaderError();
    // An empty value removes the value of an earlier record.
    if (value === "") records.delete(key);
    else records.set(key, value);
    at = end;
  }
  return records;
}
