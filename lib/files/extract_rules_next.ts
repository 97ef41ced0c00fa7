/**
 * The rules of `contract = next` for `files.extract_tar` (contract: Files methods of next).
 *
 * @module
 */

import { cleanPath } from "../system/path_text.ts";
import { errnoText } from "../system/errno.ts";
import { parentOf } from "../system/removal.ts";
import { describe, ExtractError, type ExtractRules, unsafe } from "./extract_rules.ts";

/** The rules of the newest generation. */
export const NEXT_RULES: ExtractRules = {
  resolve(destDir, name) {
    const relative = name.replace(/^\/+/, "");
    let depth = 0;
    for (const part of relative.split("/")) {
      if (part === "" || part === ".") continue;
      depth += part === ".." ? -1 : 1;
      // A name that leaves and comes back is not one that an honest archive has.
      if (depth < 0) throw unsafe(name);
    }
    return cleanPath(`${destDir}/${relative}`);
  },
  fileMode: (isExecutable) => isExecutable ? 0o700 : 0o600,
  checkParent(destDir, shown) {
    try {
      // The worker may write nothing but the destination; making that makes what is missing above it, too.
      Deno.mkdirSync(destDir, { recursive: true, mode: 0o700 });
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return;
      throw new ExtractError(`open parent: ${describe("open", parentOf(shown(destDir)), error)}`);
    }
  },
  checkDestination(destDir, shown) {
    try {
      if (!Deno.lstatSync(destDir).isDirectory) throw new Deno.errors.NotADirectory(destDir);
    } catch (error) {
      throw new ExtractError(`open destDir: ${describe("open", shown(destDir), error)}`);
    }
  },
  clearMarker(destDir) {
    try {
      Deno.removeSync(`${destDir}/.synced`, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw new ExtractError(`write .synced: ${errnoText(error)}`);
    }
  },
  streamText: (reason, name) => name === undefined ? `tar read: ${reason}` : `write ${name}: ${reason}`,
  writeText: (name, error) => `write ${name}: ${errnoText(error)}`,
  directoryText: ({ below }, error, isLast) =>
    error !== "ENOTDIR"
      ? describe("mkdirat", below, error)
      : isLast
      ? describe("mkdirat", below, "EEXIST")
      : describe("openat", below, "ENOTDIR"),
  fileText: ({ below }, error) => describe("openat", below, error === "EISDIR" ? "EEXIST" : error),
};
