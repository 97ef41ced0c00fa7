/**
 * A release as a stream of bytes: an archive as every `tar` reads it.
 *
 * @module
 */

import { RequestError } from "../system/request_error.ts";
import type { Release, ReleaseFile } from "./release.ts";

const BLOCK = 512;
/** Archives consist of whole records, in bytes: some `tar` read no less. */
const RECORD = 20 * BLOCK;
const READ_BYTES = 64 << 10;
const ENCODER = new TextEncoder();

/** Options of {@linkcode releaseArchive}. */
export interface ArchiveOptions {
  /** Whether it is compressed with gzip. */
  readonly isCompressed: boolean;
  /** Called with how many bytes of the files have been read so far. */
  readonly onProgress: (bytes: number) => void;
}

/** Returns the archive of a release. Files are read as the stream is, and no more than a few pieces ahead. */
export function releaseArchive(release: Release, options: ArchiveOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
  const archive = ReadableStream.from(pieces(release, options.onProgress));
  return options.isCompressed ? archive.pipeThrough(new CompressionStream("gzip")) : archive;
}

async function* pieces({ files }: Release, onProgress: (bytes: number) => void) {
  let [written, read] = [0, 0];
  for (const file of files) {
    yield header(file);
    written += BLOCK;
    for await (const piece of contentOf(file)) {
      yield piece;
      written += piece.length;
      onProgress(read += piece.length);
    }
    const padding = (BLOCK - file.size % BLOCK) % BLOCK;
    yield new Uint8Array(padding);
    written += padding;
  }
  const end = written + 2 * BLOCK;
  yield new Uint8Array(2 * BLOCK + (RECORD - end % RECORD) % RECORD);
}

async function* contentOf({ path, size }: ReleaseFile): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  using file = await Deno.open(path);
  let left = size;
  while (left > 0) {
    const buffer = new Uint8Array(Math.min(READ_BYTES, left));
    const n = await file.read(buffer);
    if (n === null) throw new RequestError("unavailable", `${path} became shorter while it was sent: try again`);
    left -= n;
    yield buffer.subarray(0, n);
  }
}

/** The header of a plain file, as in POSIX `ustar`. */
function header({ name, size, isProgram }: ReleaseFile): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => block.set(ENCODER.encode(text), at);
  const octal = (at: number, digits: number, value: number) => put(at, value.toString(8).padStart(digits, "0"));
  put(0, name);
  octal(100, 7, isProgram ? 0o755 : 0o644);
  octal(108, 7, 0);
  octal(116, 7, 0);
  octal(124, 11, size);
  octal(136, 11, 0);
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\x0000");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}
