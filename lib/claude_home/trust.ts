/**
 * Which directories the user trusts, in the agent CLI's own record: a session in one runs the hooks of its settings as
 * soon as it starts.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, systemClock } from "../system/clock.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { asJsonObject, type JsonObject } from "../system/json_object.ts";
import { cleanPath } from "../system/path_text.ts";
import { isThere, removeIfThere } from "../system/private_files.ts";
import { NotRegularError, readRegularFile } from "../system/regular_file.ts";
import { tryDecodeUtf8 } from "../system/utf8.ts";
import { NoObjectError, setInJson } from "./json_edit.ts";

/** The agent CLI's record of trust cannot be read or changed; the message says why. */
export class TrustError extends ClaustrumError {}

/** Options of {@linkcode keepTrusted}. */
export interface KeepTrustedOptions {
  /** How long to look, in milliseconds. @default {2,000} */
  readonly ms?: number;
  /** The source of time. @default {the machine's clock} */
  readonly clock?: Clock;
  /** Ends the looking. */
  readonly signal?: AbortSignal;
}

const MAX_BYTES = 64 << 20;
const MAX_ATTEMPTS = 100;
/** How long to wait for another program that is about to replace the record, in milliseconds, and how often. */
const [WAIT_MS, MAX_WAITS] = [1, 250];
/** For how long a file beside the record may be what another program is about to replace it with, in milliseconds. */
const REPLACING_MS = 200;
const LOOK_AGAIN_MS = 100;
const TRUST_KEY = "hasTrustDialogAccepted";

/**
 * Whether the user trusts a directory: it or one above it has been trusted. Into a git repository no trust reaches from
 * outside.
 *
 * @param path The directory, absolute.
 * @throws {TrustError} If the record cannot be read.
 */
export async function isTrusted(home: string, path: string): Promise<boolean> {
  return await (await new TrustReader(home).read()).covers(await resolved(path));
}

/** Which directories the user trusts, at one moment. */
export interface TrustRecord {
  /**
   * Whether the user trusts a directory, as {@linkcode isTrusted} says it.
   *
   * @param path The directory, absolute and without symlinks.
   * @param isRepository Whether it is a git repository. @default {found out}
   */
  covers(path: string, isRepository?: boolean): Promise<boolean>;
}

/** Reads the record again and again, for those who ask about many directories; it is parsed when it has changed. */
export class TrustReader {
  readonly #home: string;
  #version: string | undefined;
  #trusted: ReadonlySet<string> = new Set();

  /** @param home The user's home directory. */
  constructor(home: string) {
    this.#home = home;
  }

  /**
   * Returns the record as it is now.
   *
   * @throws {TrustError} If the record cannot be read.
   */
  async read(): Promise<TrustRecord> {
    const config = await configPath(this.#home);
    const now = await versionOf(config);
    if (now !== this.#version) {
      const { text, version } = await readConfig(config);
      this.#trusted = text === undefined ? new Set() : trustedIn(parseConfig(this.#home, text));
      this.#version = version;
    }
    return recordOf(this.#trusted);
  }
}

function recordOf(trusted: ReadonlySet<string>): TrustRecord {
  const repositories = new Map<string, Promise<boolean>>();
  const hasRepository = (directory: string) => {
    const known = repositories.get(directory) ?? isThere(`${directory}/.git`);
    repositories.set(directory, known);
    return known;
  };
  return {
    async covers(path, isRepository) {
      if (trusted.has(path)) return true;
      if (isRepository ?? await hasRepository(path)) return false;
      for (const directory of directoriesUpFrom(path).slice(1)) {
        if (trusted.has(directory)) return true;
        if (await hasRepository(directory)) return false;
      }
      return false;
    },
  };
}

function trustedIn(config: JsonObject): ReadonlySet<string> {
  const projects = Object.entries(asJsonObject(config["projects"]) ?? {});
  return new Set(projects.filter(([, project]) => asJsonObject(project)?.[TRUST_KEY] === true).map(([path]) => path));
}

async function versionOf(path: string): Promise<string> {
  try {
    return (await look(path)).version;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * Records that the user trusts a directory. Nothing else in the file changes, and a file that cannot be parsed stays as
 * it is. The first time, a copy of the file is kept beside it, named `.claude.json.bak`.
 *
 * @param path The directory, absolute.
 * @throws {TrustError} If the record cannot be read or written.
 */
export async function trust(home: string, path: string): Promise<void> {
  const directory = await resolved(path);
  await changeConfig(home, (text) => withTrust(home, text, directory), "record trust in");
}

/**
 * Sets values at the top of the agent CLI's own record, `.claude.json`, as {@linkcode trust} does.
 *
 * @param values The values, by key. Those that the record has already are not written again.
 * @throws {TrustError} If the record cannot be read or written.
 */
export async function setInClaudeConfig(home: string, values: Readonly<Record<string, boolean>>): Promise<void> {
  await changeConfig(home, (text) => {
    const former = parseConfig(home, text);
    const missing = Object.entries(values).filter(([key, value]) => former[key] !== value);
    return missing.reduce((changed, [key, value]) => setInJson(changed, [key], value), text);
  }, "write");
}

/** Changes the record, unless the change changes nothing. */
async function changeConfig(home: string, change: (text: string) => string, what: string): Promise<void> {
  await changeHomeFile(home, ".claude.json", (text = "{}") => change(text), what);
}

/**
 * Changes a file of the user, as {@linkcode trust} does: nothing is lost that others write at the same time, and the first
 * time a copy is kept beside it.
 *
 * @param name The path below the home directory.
 * @param change Returns the new content; what it returns for `undefined` is that of a new file, if there is to be one.
 * @param what What is done to it, for messages.
 * @throws {TrustError} If the file cannot be read or written.
 * @throws Whatever `change` throws; the file stays as it is.
 */
export async function changeHomeFile(
  home: string,
  name: string,
  change: (text: string | undefined) => string | undefined,
  what = "write",
): Promise<void> {
  using _lock = await lockHome(home);
  const config = await configPath(home, name);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const found = await readConfig(config);
    const changed = change(found.text);
    if (changed === found.text || changed === undefined) return;
    if (found.text !== undefined) await backUp(config, found.text);
    if (await replace(config, changed, found)) return;
  }
  throw new TrustError(`Cannot ${what} ${config}: other programs change it all the time; try again`);
}

/**
 * Looks for a while whether a directory stays trusted, and records it again where it does not: the agent CLI takes no
 * lock, and may write what it read before.
 *
 * @param path The directory, absolute.
 * @throws {TrustError} If the record cannot be read or written.
 */
export async function keepTrusted(home: string, path: string, options: KeepTrustedOptions = {}): Promise<void> {
  const { ms = 2_000, clock = systemClock, signal } = options;
  const end = clock.elapsed() + ms;
  while (clock.elapsed() < end && !signal?.aborted) {
    await pause(Math.min(LOOK_AGAIN_MS, end - clock.elapsed()), clock, signal);
    if (!signal?.aborted) await trust(home, path);
  }
}

function pause(ms: number, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  signal?.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(cancel);
}

/** A version of the file. */
interface Found {
  /** The content; `undefined` if there is no file. */
  readonly text: string | undefined;
  /** What tells this version from another one. */
  readonly version: string;
  readonly mode: number;
}

/** The file itself, where the name in the home directory is a symlink. */
async function configPath(home: string, name = ".claude.json"): Promise<string> {
  const path = `${home}/${name}`;
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    throw unreadable(path, error);
  }
}

async function readConfig(path: string): Promise<Found> {
  try {
    // The version before the content: a change in between is then noticed before the rename.
    const { version, mode } = await look(path);
    if (version === "") return { text: undefined, version, mode };
    const bytes = await readRegularFile(path, MAX_BYTES);
    const text = bytes === undefined ? undefined : tryDecodeUtf8(bytes);
    if (text === undefined) throw new TrustError(`Cannot read ${path}: it is no text file of at most 64 MiB`);
    return { text, version, mode };
  } catch (error) {
    if (error instanceof TrustError) throw error;
    throw unreadable(path, error);
  }
}

function lookNow(path: string): string {
  try {
    return versionText(Deno.lstatSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function versionText({ ino, size, mtime }: Deno.FileInfo): string {
  return `${ino} ${size} ${mtime?.getTime()}`;
}

async function look(path: string): Promise<{ readonly version: string; readonly mode: number }> {
  try {
    const info = await Deno.lstat(path);
    return { version: versionText(info), mode: (info.mode ?? 0o600) & 0o777 };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { version: "", mode: 0o600 };
    throw error;
  }
}

function unreadable(path: string, error: unknown): unknown {
  if (!(error instanceof NotRegularError) && errnoCode(error) === undefined) return error;
  return new TrustError(`Cannot read ${path}: ${errnoText(error)}`, { cause: error });
}

function parseConfig(home: string, text: string): JsonObject {
  try {
    const json = asJsonObject(JSON.parse(text));
    if (json !== undefined) return json;
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof RangeError)) throw error;
  }
  throw new TrustError(`${home}/.claude.json is not valid JSON: repair it first; it was left as it is`);
}

function withTrust(home: string, text: string, directory: string): string {
  const projects = asJsonObject(parseConfig(home, text)["projects"]);
  const project = projects !== undefined && Object.hasOwn(projects, directory)
    ? asJsonObject(projects[directory])
    : undefined;
  if (project?.[TRUST_KEY] === true) return text;
  try {
    return setInJson(text, ["projects", directory, TRUST_KEY], true);
  } catch (error) {
    if (!(error instanceof NoObjectError)) throw error;
    const path = `${home}/.claude.json`;
    throw new TrustError(`${path} is not as expected: ${error.message}; it was left as it is`, { cause: error });
  }
}

/** Replaces the file, unless it is another version by now. Returns whether it did. */
async function replace(path: string, text: string, { version, mode }: Found): Promise<boolean> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await writeNew(temporary, text, mode);
    // No other program can be kept from changing the file between these looks and the rename. Without a turn of the
    // event loop, that is microseconds: less than it takes to write a file and to rename it.
    for (let i = 0; i < MAX_WAITS && isBeingReplaced(path, temporary); i++) await briefly();
    if (lookNow(path) !== version) return false;
    Deno.renameSync(temporary, path);
    return true;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new TrustError(`Cannot write ${path}: ${errnoText(error)}`, { cause: error });
  } finally {
    await removeIfThere(temporary);
  }
}

/** Waits for a file that somebody is writing. */
function briefly(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, WAIT_MS));
}

/** Whether another program has just written a file beside this one, as programs do that are about to replace it. */
function isBeingReplaced(path: string, ours: string): boolean {
  const slash = path.lastIndexOf("/");
  const [directory, name] = [path.slice(0, slash), path.slice(slash + 1)];
  for (const entry of Deno.readDirSync(directory)) {
    const beside = `${directory}/${entry.name}`;
    if (!entry.isFile || !entry.name.startsWith(name) || entry.name === name || beside === ours) continue;
    if (beside !== `${path}.bak` && isRecent(beside)) return true;
  }
  return false;
}

/** Files that were left by a program that has failed are not waited for. */
function isRecent(path: string): boolean {
  try {
    return Date.now() - (Deno.lstatSync(path).mtime?.getTime() ?? 0) < REPLACING_MS;
  } catch (error) {
    // It has just been renamed: the file is another version by now.
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  await Deno.writeTextFile(path, text, { createNew: true, mode: 0o600 });
  if (mode !== 0o600) await Deno.chmod(path, mode);
  using file = await Deno.open(path);
  await file.sync();
}

async function backUp(path: string, text: string): Promise<void> {
  try {
    await writeNew(`${path}.bak`, text, 0o600);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (errnoCode(error) === undefined) throw error;
    throw new TrustError(`Cannot write ${path}.bak: ${errnoText(error)}`, { cause: error });
  }
}

/** Locks the home directory against other programs of ours; the lock leaves no file behind. */
async function lockHome(home: string): Promise<Disposable> {
  try {
    const directory = await Deno.open(home);
    try {
      await directory.lock(true);
    } catch (error) {
      directory.close();
      throw error;
    }
    return directory;
  } catch (error) {
    throw unreadable(home, error);
  }
}

/** The path without symlinks, which is how the agent CLI records it. */
async function resolved(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return cleanPath(path);
    throw unreadable(path, error);
  }
}

function directoriesUpFrom(path: string): string[] {
  const directories = [path];
  for (let at = path; at !== "/" && at.includes("/"); directories.push(at)) {
    at = at.slice(0, at.lastIndexOf("/")) || "/";
  }
  return directories;
}
