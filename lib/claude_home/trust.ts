/**
 * Which directories the user trusts, in the agent CLI's own record: a session in one runs the hooks of its settings as
 * soon as it starts.
 *
 * @module
 */

import { type Clock, systemClock } from "../system/clock.ts";
import { isMissing } from "../system/errno.ts";
import { asJsonObject, type JsonObject } from "../system/json_object.ts";
import { cleanPath } from "../system/path_text.ts";
import { isThere } from "../system/private_files.ts";
import { changeHomeFile, homeFilePath, readHomeFile, unreadable, versionOf } from "./home_file.ts";
import { NoObjectError, setInJson } from "./json_edit.ts";
import { TrustError } from "./trust_error.ts";

/** Options of {@linkcode keepTrusted}. */
export interface KeepTrustedOptions {
  /** How long to look, in milliseconds. @default {2,000} */
  readonly ms?: number;
  /** The source of time. @default {the machine's clock} */
  readonly clock?: Clock;
  /** Ends the looking. */
  readonly signal?: AbortSignal;
}

/** The record, below the home directory. */
const RECORD = ".claude.json";
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
    const config = await homeFilePath(this.#home, RECORD);
    const now = await versionOf(config);
    if (now !== this.#version) {
      const { text, version } = await readHomeFile(config);
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
  await changeHomeFile(home, RECORD, (text = "{}") => change(text), what);
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

/** The path without symlinks, which is how the agent CLI records it. */
async function resolved(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (isMissing(error)) return cleanPath(path);
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
