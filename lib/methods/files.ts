/**
 * The `files` methods (contract: Files methods).
 *
 * @module
 */

import type { Method } from "../rpc/dispatch.ts";
import { invalidParams } from "../rpc/errors.ts";
import type { Result } from "../rpc/method_types.ts";
import { compareUtf8 } from "../rpc/json_encode.ts";
import { TextBytes } from "../rpc/raw_text.ts";
import type { ExtractJob } from "../files/extract_pool.ts";
import { formatMode } from "../files/file_mode.ts";
import {
  type DirectoryEntry,
  isDirectory,
  isRegular,
  readDirectory,
  type ReadDirectoryOptions,
  readStart,
  statFile,
} from "../files/file_facts.ts";
import { PathError } from "../files/path_error.ts";
import { freeBuffer } from "../system/free_buffer.ts";
import { goQuote } from "../system/quote.ts";
import { cleanPath, expandTilde } from "../system/path_text.ts";
import { isOrContainsHome, type RemovalTarget, removalTarget } from "../system/removal.ts";
import { type Pause, sortInTurns } from "../system/turns.ts";
import type { ClientContext, DaemonContext, OutputShare } from "./context.ts";
import { type Large, method, withinShare } from "./define.ts";
import { failingAs } from "./rpc_failure.ts";

/** The limit of `files.read` when the client sets none, in bytes. */
const DEFAULT_READ_BYTES = 262_144;
/** The share of memory that a listing takes before its size is known, in bytes. */
const MIN_LIST_BYTES = 64 << 10;

type ListEntry = Result<"files.list">["entries"][number];

/** The `files` methods. */
export function filesMethods(daemon: DaemonContext): Method<ClientContext>[] {
  const expand = (path: string) => expandTilde(path, daemon.home);
  return [
    listMethod(daemon),
    method("files.validate", ({ path }) => validate(expand(path))),
    method("files.stat", ({ path }) => failingAs(PathError, () => stat(expand(path)))),
    readMethod(daemon, read),
    method("files.extract_tar", ({ archivePath, destDir }, client) => {
      const job = { archivePath: expand(archivePath), destDir: expand(destDir) };
      return extract(daemon, job, client);
    }),
  ];
}

function pathWork<T>(client: ClientContext, work: (share: OutputShare) => Promise<Large<T>>) {
  return withinShare<T>(client, (share) => failingAs(PathError, () => work(share)));
}

/**
 * Declares `files.list`.
 *
 * @param options What is said about a path that is no directory.
 */
export function listMethod(
  { home, pause }: DaemonContext,
  options: Pick<ReadDirectoryOptions, "notDirectoryOp"> = {},
): Method<ClientContext> {
  return method(
    "files.list",
    ({ path }, client) => pathWork(client, (share) => list(expandTilde(path, home), share, pause, options)),
  );
}

/** Reads a file of at most a number of bytes, within the memory that the client may occupy. */
export type ReadFile = (path: string, limit: number, share: OutputShare) => Promise<Large<Result<"files.read">>>;

/** Declares `files.read`. */
export function readMethod({ home }: DaemonContext, read: ReadFile): Method<ClientContext> {
  return method("files.read", ({ path, maxBytes }, client) => {
    const limit = maxBytes > 0 ? maxBytes : DEFAULT_READ_BYTES;
    return pathWork(client, (share) => read(expandTilde(path, home), limit, share));
  });
}

/** Returns facts about a file; `undefined` if it does not exist. */
async function statIfExists(path: string) {
  try {
    return await statFile(path);
  } catch (error) {
    if (error instanceof PathError && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function stat(path: string): Promise<Result<"files.stat">> {
  const facts = await statIfExists(path);
  if (facts === undefined) return { exists: false, isDir: false, size: 0, mode: "" };
  return { exists: true, isDir: isDirectory(facts), size: facts.size, mode: formatMode(facts.mode) };
}

async function list(
  path: string,
  share: OutputShare,
  pause: Pause,
  options: Pick<ReadDirectoryOptions, "notDirectoryOp">,
): Promise<Large<Result<"files.list">>> {
  // Waits for memory before it opens the directory, because only few directories can be open at a time.
  await share.take(MIN_LIST_BYTES);
  let size = 0;
  const names = await readDirectory(path, { ...options, onProgress: (bytes) => share.take(size = bytes) });
  const sorted = await sortInTurns(names, (a, b) => compareUtf8(a.name, b.name), pause);
  const base = cleanPath(path);
  const prefix = base === "." ? "" : base === "/" ? "/" : `${base}/`;
  return { value: { entries: entriesOf(sorted, prefix) }, size };
}

/** Produces entries while they are sent: there may be a million of them. */
function* entriesOf(names: readonly DirectoryEntry[], prefix: string): Generator<ListEntry> {
  for (const { name, isDirectory } of names) yield { name, path: prefix + name, isDir: isDirectory };
}

/** Reads a file of which `stat` says that reading it ends; see {@linkcode ReadFile}. */
export async function read(path: string, limit: number, share: OutputShare): Promise<Large<Result<"files.read">>> {
  const facts = await statIfExists(path);
  if (facts === undefined) return { value: { content: "", exists: false }, size: 0 };
  if (isDirectory(facts)) throw invalidParams("files.read: path is a directory");
  if (!isRegular(facts)) throw invalidParams("files.read: not a regular file");
  if (facts.size > limit) throw invalidParams("files.read: file exceeds maxBytes");
  // Special files report a size of 0, but may have content.
  await share.take(facts.size === 0 ? Math.min(limit, DEFAULT_READ_BYTES) : facts.size);
  // One more byte shows that the file has grown, or that it is longer than the size that it reports.
  return contentOf(await readStart(path, limit + 1, facts.size), limit);
}

/** Returns the result of `files.read` for the bytes of a file; more than the limit shows that it is too large. */
export function contentOf(bytes: Uint8Array, limit: number): Large<Result<"files.read">> {
  if (bytes.length > limit) throw invalidParams("files.read: file exceeds maxBytes");
  const value = { content: new TextBytes(bytes), exists: true };
  return { value, size: bytes.length, release: () => freeBuffer(bytes) };
}

async function validate(path: string): Promise<Result<"files.validate">> {
  try {
    const facts = await statIfExists(path);
    if (facts === undefined) return { valid: false, isDir: false, error: "Path does not exist" };
    return { valid: true, isDir: isDirectory(facts) };
  } catch (error) {
    if (error instanceof PathError) return { valid: false, isDir: false, error: error.message };
    throw error;
  }
}

async function extract(
  { extractions, home }: DaemonContext,
  job: ExtractJob,
  client: ClientContext,
): Promise<Result<"files.extract_tar">> {
  const { archivePath, destDir } = job;
  if (archivePath === "" || destDir === "") throw invalidParams("archivePath and destDir are required");
  const target = await removalTarget(destDir);
  const refused = await refuseDestination(destDir, target, home);
  if (refused !== undefined) return { success: false, fileCount: 0, error: `${refused}: ${goQuote(destDir)}` };
  const safeJob = { ...job, destDir: target.path, shownDir: destDir };
  const { fileCount, error } = await extractions.extract(safeJob, client.signal);
  return error === undefined ? { success: true, fileCount } : { success: false, fileCount, error };
}

async function refuseDestination(
  destDir: string,
  target: RemovalTarget,
  home: string | undefined,
): Promise<string | undefined> {
  if (!destDir.startsWith("/") || target.paths.includes("/")) return "destDir must be an absolute, non-root path";
  if (await isOrContainsHome(target, home)) return "destDir must not be or contain the home directory";
  return undefined;
}
