/**
 * The hosts that the person's ssh configuration names, to be offered where a host is added.
 *
 * @module
 */

import { isSshHost } from "./ssh_target.ts";

/** How many names are offered. */
const MAX_NAMES = 200;
/** How many files are read. */
const MAX_FILES = 50;
/** The largest file that is read, in bytes. */
const MAX_BYTES = 1 << 20;
/** How deep files include others. */
const MAX_DEPTH = 3;

/** What a file of the configuration says: names of hosts, and other files. */
interface ConfigPart {
  readonly kind: "names" | "files";
  /** The names, or the patterns of files. */
  readonly values: readonly string[];
}

/**
 * Returns the names of hosts in `~/.ssh/config` and the files that it includes, in their order, without patterns.
 * What cannot be read names nothing.
 *
 * @param home The home directory.
 */
export async function readSshNames(home: string): Promise<string[]> {
  const names = new Set<string>();
  let files = 0;
  const read = async (path: string, depth: number): Promise<void> => {
    if (files++ >= MAX_FILES) return;
    for (const { kind, values } of partsOf(await readText(path))) {
      if (kind === "names") values.forEach((name) => names.add(name));
      else if (depth < MAX_DEPTH) {
        for (const file of await filesOf(values, home)) await read(file, depth + 1);
      }
    }
  };
  await read(`${home}/.ssh/config`, 0);
  return [...names].slice(0, MAX_NAMES);
}

function partsOf(text: string): ConfigPart[] {
  const parts: ConfigPart[] = [];
  for (const line of text.split("\n")) {
    const [, keyword = "", rest = ""] = /^\s*(\w+)(?:\s*=\s*|\s+)(.*)$/.exec(line) ?? [];
    const values = wordsOf(rest);
    switch (keyword.toLowerCase()) {
      case "host":
        parts.push({ kind: "names", values: values.filter(isSshHost) });
        break;
      case "include":
        parts.push({ kind: "files", values });
    }
  }
  return parts;
}

/** Splits a line as ssh does: quotes hold words together, and `#` begins a comment. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const { 1: quoted, 2: plain } of text.matchAll(/"([^"]*)"|(\S+)/g)) {
    if (plain?.startsWith("#")) break;
    words.push(quoted ?? plain ?? "");
  }
  return words;
}

/** Returns the files that patterns lead to; only the last part of a path may be a pattern. */
async function filesOf(patterns: readonly string[], home: string): Promise<string[]> {
  const found: string[] = [];
  for (const pattern of patterns) {
    const path = pattern.replace(/^~\//, `${home}/`);
    const whole = path.startsWith("/") ? path : `${home}/.ssh/${path}`;
    const slash = whole.lastIndexOf("/");
    const [directory, last] = [whole.slice(0, slash), whole.slice(slash + 1)];
    if (/[*?]/.test(directory)) continue;
    if (/[*?]/.test(last)) found.push(...(await namesIn(directory, last)).map((name) => `${directory}/${name}`));
    else found.push(whole);
  }
  return found;
}

async function namesIn(directory: string, pattern: string): Promise<string[]> {
  const parts = pattern.split(/([*?])/).map((part) => part === "*" ? ".*" : part === "?" ? "." : RegExp.escape(part));
  const wanted = new RegExp(`^${parts.join("")}$`);
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      if (!isDirectory && !name.startsWith(".") && wanted.test(name)) names.push(name);
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  return names.sort();
}

async function readText(path: string): Promise<string> {
  try {
    const { isFile, size } = await Deno.stat(path);
    // Reading a pipe would never end.
    return isFile && size <= MAX_BYTES ? await Deno.readTextFile(path) : "";
  } catch (error) {
    if (isUnreadable(error)) return "";
    throw error;
  }
}

/** Whether a file is not there, or is none that this user may read: suggestions go without it. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotADirectory || error instanceof Deno.errors.FilesystemLoop ||
    error instanceof Deno.errors.NotCapable;
}
