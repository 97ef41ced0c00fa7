/**
 * The `files` methods of `contract = next` (contract: Files methods of next). The rules of `files.extract_tar` are in
 * `lib/files/extract_rules_next.ts`.
 *
 * @module
 */

import { isNullDevice, type OpenedFile, openNow } from "../../files/open_now.ts";
import { PathError } from "../../files/path_error.ts";
import type { Method } from "../../rpc/dispatch.ts";
import { invalidParams } from "../../rpc/errors.ts";
import { errnoCode } from "../../system/errno.ts";
import { readUpTo } from "../../system/io.ts";
import type { ClientContext, DaemonContext } from "../context.ts";
import { contentOf, listMethod, read, type ReadFile, readMethod } from "../files.ts";

/** The `files` methods that differ. */
export function nextFilesMethods(daemon: DaemonContext): Method<ClientContext>[] {
  return [
    listMethod(daemon, { notDirectoryOp: "open" }),
    readMethod(daemon, readOpened),
  ];
}

/** Opens a file first, without waiting, and judges what is open. */
const readOpened: ReadFile = async (path, limit, share) => {
  const opened = await openIfThere(path);
  if (opened === "absent") return { value: { content: "", exists: false }, size: 0 };
  // The runtime keeps the daemon from opening it; a program that may reads it.
  if (opened === "kept from us") return await read(path, limit, share);
  await using file = opened;
  if (file.isDirectory) throw invalidParams("files.read: path is a directory");
  if (!file.isFile) {
    if (await isNullDevice(path)) return { value: { content: "", exists: true }, size: 0 };
    throw invalidParams("files.read: not a regular file");
  }
  if (file.size > limit) throw invalidParams("files.read: file exceeds maxBytes");
  await share.take(file.size);
  try {
    return contentOf(await readUpTo(file, limit + 1, file.size), limit);
  } catch (error) {
    throw errnoCode(error) === undefined ? error : new PathError("read", path, error);
  }
};

async function openIfThere(path: string): Promise<OpenedFile | "absent" | "kept from us"> {
  try {
    return await openNow(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return "kept from us";
    const failure = new PathError("open", path, error);
    if (failure.code === "ENOENT") return "absent";
    throw failure.code === undefined ? error : failure;
  }
}
