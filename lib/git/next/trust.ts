/**
 * Whether the git directory of a repository sends git where it should not: its `commondir` file decides which
 * configuration and which hooks git uses (contract: Git methods of next).
 *
 * @module
 */

import { errnoCode, errnoText } from "../../system/errno.ts";
import { readRegularFile } from "../../system/regular_file.ts";
import { tryLstat, tryRealPath } from "../../system/try_stat.ts";
import { GitRefusal } from "./refusal.ts";
import { TRUST_TEXTS, untrusted } from "./texts.ts";
import { type FoundRepository, repositoryOfEntry } from "./walk.ts";

/** The largest `commondir` file, in bytes. */
const MAX_BYTES = 1 << 20;

/**
 * Checks the git directory of a repository.
 *
 * @throws {GitRefusal} If git must not run on it.
 */
export async function checkTrust(repository: FoundRepository): Promise<void> {
  const text = repositoryOfEntry(repository.gitDir) === undefined
    ? await strayProblem(repository)
    : await entryProblem(repository.gitDir);
  if (text !== undefined) throw new GitRefusal(untrusted(text));
}

/** Returns what is wrong with the `commondir` of the entry of a linked work tree; `undefined` if nothing is. */
async function entryProblem(entry: string): Promise<string | undefined> {
  const file = `${entry}/commondir`;
  const read = await readCommonDir(entry);
  if (read.kind === "none") return TRUST_TEXTS.M3(entry);
  if (read.kind === "unfit") return TRUST_TEXTS.M4(file, read.reason);
  const own = repositoryOfEntry(entry) ?? entry;
  const target = read.text.startsWith("/") ? read.text : `${entry}/${read.text}`;
  const isOwn = read.text !== "" && await tryRealPath(target) === await tryRealPath(own);
  return isOwn ? undefined : TRUST_TEXTS.M2(file, own);
}

/** Returns what is wrong with a `commondir` in any other git directory; `undefined` if nothing is. */
async function strayProblem({ gitDir, isValid }: FoundRepository): Promise<string | undefined> {
  const file = `${gitDir}/commondir`;
  const read = await readCommonDir(gitDir);
  if (read.kind === "none") return undefined;
  if (read.kind === "unfit") return TRUST_TEXTS.S2(file, read.reason);
  if (read.text !== "." && read.text !== "./") return TRUST_TEXTS.S1(file, read.text);
  return isValid ? undefined : TRUST_TEXTS.S3(file);
}

type CommonDir =
  | { readonly kind: "none" }
  | { readonly kind: "unfit"; readonly reason: string }
  | { readonly kind: "text"; readonly text: string };

async function readCommonDir(directory: string): Promise<CommonDir> {
  const path = `${directory}/commondir`;
  try {
    const info = await Deno.lstat(path);
    if (info.isSymlink && await leavesDirectory(path, directory)) {
      return unfit("openat commondir: path escapes from parent");
    }
    const facts = info.isSymlink ? await Deno.stat(path) : info;
    if (!facts.isFile) return unfit("commondir is not a regular file");
    const bytes = await readRegularFile(await Deno.realPath(path), MAX_BYTES);
    if (bytes === undefined) return unfit(`commondir is larger than ${MAX_BYTES} bytes`);
    return { kind: "text", text: new TextDecoder().decode(bytes).replace(/[\r\n]+$/, "") };
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    if (await tryLstat(path) === undefined) return { kind: "none" };
    return unfit(`openat commondir: ${errnoText(error)}`);
  }
}

function unfit(reason: string): CommonDir {
  return { kind: "unfit", reason };
}

async function leavesDirectory(path: string, directory: string): Promise<boolean> {
  const link = await Deno.readLink(path);
  if (link.startsWith("/")) return true;
  const [target, own] = [await tryRealPath(path), await tryRealPath(directory)];
  if (target === undefined) return link.split("/").includes("..");
  return own === undefined || !target.startsWith(`${own}/`);
}
