/**
 * A file that git does not know yet, as a diff that adds it.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";
import { NotRegularError, readRegularFile } from "../system/regular_file.ts";
import { quoted } from "./patch.ts";
import type { ChangedFile } from "./types.ts";

/** Where git looks for a zero byte, which only binary files have, in bytes. */
const BINARY_BYTES = 8_000;

/** A file, with its diff where it can be shown. */
export interface FileWithDiff {
  /** The file; without a diff if it is binary, no regular file, gone or too large. */
  readonly file: ChangedFile;
  /** Whether it has no diff because it is too large. */
  readonly isTooLarge: boolean;
}

/**
 * Reads a file that is not tracked.
 *
 * @param directory The directory of the session, without symlinks.
 * @param path The path of the file in it.
 * @param maxBytes The largest file that is read, in bytes.
 */
export async function readUntracked(directory: string, path: string, maxBytes: number): Promise<FileWithDiff> {
  const bytes = await tryRead(directory, path, maxBytes);
  const file: ChangedFile = { path, change: "untracked", added: null, removed: null };
  if (bytes === "too large") return { file, isTooLarge: true };
  if (bytes === undefined || bytes.subarray(0, BINARY_BYTES).includes(0)) return { file, isTooLarge: false };
  const text = new TextDecoder().decode(bytes);
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  return { file: { ...file, added: lines.length, removed: 0, diff: asDiff(path, text, lines) }, isTooLarge: false };
}

/** Returns `undefined` for what has no content that can be shown. */
async function tryRead(
  directory: string,
  path: string,
  maxBytes: number,
): Promise<Uint8Array | "too large" | undefined> {
  // A directory at its end is a repository of its own.
  if (path.endsWith("/")) return undefined;
  try {
    // A symlink on the way, or at the end, may lead anywhere.
    const given = `${directory}/${path}`;
    if (await Deno.realPath(given) !== given) return undefined;
    const bytes = await readRegularFile(given, maxBytes);
    return bytes ?? ((await Deno.lstat(given)).isFile ? "too large" : undefined);
  } catch (error) {
    if (error instanceof NotRegularError || errnoCode(error) !== undefined) return undefined;
    throw error;
  }
}

function asDiff(path: string, text: string, lines: readonly string[]): string {
  // A name may contain newlines, and what looks like a part of a diff behind them.
  const [before, after] = [quoted(`a/${path}`), quoted(`b/${path}`)];
  const head = `diff --git ${before} ${after}\nnew file\n`;
  if (lines.length === 0) return head;
  const range = lines.length === 1 ? "+1" : `+1,${lines.length}`;
  const end = text.endsWith("\n") ? "" : "\n\\ No newline at end of file";
  return `${head}--- /dev/null\n+++ ${after}\n@@ -0,0 ${range} @@\n${
    lines.map((line) => `+${line}`).join("\n")
  }${end}\n`;
}
