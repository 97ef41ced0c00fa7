/**
 * Reading the launcher from the settings that the administrator of a machine manages: one file, then the files of a
 * folder beside it. A later file wins, and one file that cannot be read decides, because it might have set a launcher
 * (contract: The managed launcher).
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { readUpTo } from "../system/io.ts";
import { asJsonObject, isJsonObject, type JsonObject } from "../system/json_object.ts";
import { NotRegularError, openRegularFile } from "../system/regular_file.ts";

const FILE_NAME = "managed-settings.json";
const DROP_IN_NAME = "managed-settings.d";
/** The largest file that is read, in bytes. */
const MAX_BYTES = 2 << 20;
/** The variable, among those that the settings set, that names a launcher. It wins over the setting. */
export const LAUNCHER_VARIABLE = "CLAUDE_CODE_PROCESS_WRAPPER";
const LAUNCHER_SETTING = "processWrapper";

/** What the managed settings say about a launcher. */
export type ManagedLauncher =
  /** Nothing. */
  | { readonly kind: "none" }
  /** A file sets one. */
  | { readonly kind: "set"; readonly value: string; readonly source: string }
  /** A file cannot be read. */
  | { readonly kind: "unreadable"; readonly path: string; readonly reason: string };

/** A file or a folder of settings cannot be read; the message is the reason. */
class UnreadableError extends ClaustrumError {
  readonly path: string;

  constructor(path: string, reason: string) {
    super(reason);
    this.path = path;
  }
}

/** A value of a setting, and the file that sets it. */
interface Found {
  readonly value: string;
  readonly source: string;
}

/**
 * Reads the launcher.
 *
 * @param folder The folder of the settings; `""` if the system has none.
 * @param substitute The folder that is used if the first one has no settings; `""` for none.
 */
export async function readManagedLauncher(folder: string, substitute: string): Promise<ManagedLauncher> {
  try {
    const files = await settingsIn(folder) ?? await settingsIn(substitute) ?? [];
    return launcherIn(files);
  } catch (error) {
    if (error instanceof UnreadableError) return { kind: "unreadable", path: error.path, reason: error.message };
    throw error;
  }
}

/** The settings of a file. */
interface SettingsFile {
  readonly path: string;
  readonly settings: JsonObject;
}

/** Returns the settings of a folder, in the order in which they apply; `undefined` if it has none. */
async function settingsIn(folder: string): Promise<readonly SettingsFile[] | undefined> {
  if (folder === "") return undefined;
  const first = await readSettings(`${folder}/${FILE_NAME}`);
  const names = await dropIns(`${folder}/${DROP_IN_NAME}`);
  if (first === undefined && names === undefined) return undefined;
  const files = first === undefined ? [] : [first];
  for (const name of names ?? []) {
    const file = await readSettings(`${folder}/${DROP_IN_NAME}/${name}`);
    if (file !== undefined) files.push(file);
  }
  return files;
}

/** Returns the names of the files in the folder beside the first file; `undefined` if there is no such folder. */
async function dropIns(folder: string): Promise<readonly string[] | undefined> {
  try {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      if (!name.startsWith(".") && name.endsWith(".json") && await isReadable(`${folder}/${name}`)) names.push(name);
    }
    return names.sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (errnoCode(error) === undefined) throw error;
    throw new UnreadableError(folder, `the drop-in directory could not be listed: ${errnoText(error)}`);
  }
}

/** Whether an entry is read: one that is neither a file nor leads to one is passed over. */
async function isReadable(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (errnoCode(error) === undefined) throw error;
    return true; // reading it says what is wrong
  }
}

/** Reads a file; returns `undefined` if there is none. It never waits for another program, as a FIFO would make it. */
async function readSettings(path: string): Promise<SettingsFile | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  const settings = asJsonObject(parse(path, text));
  if (settings === undefined) throw new UnreadableError(path, "not a JSON object");
  return { path, settings };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    await using file = await openRegularFile(path, { followsLinks: true });
    const bytes = file.size > MAX_BYTES ? undefined : await readUpTo(file, MAX_BYTES + 1);
    if (bytes === undefined || bytes.length > MAX_BYTES) throw new UnreadableError(path, "larger than 2 MiB");
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || errnoCode(error) === "ENOENT") return undefined;
    if (error instanceof NotRegularError) throw new UnreadableError(path, error.message);
    if (errnoCode(error) === undefined) throw error;
    throw new UnreadableError(path, errnoText(error));
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // A file that is nested too deeply for the parser counts as broken, too.
    if (error instanceof SyntaxError || error instanceof RangeError) throw new UnreadableError(path, "not valid JSON");
    throw error;
  }
}

function launcherIn(files: readonly SettingsFile[]): ManagedLauncher {
  const variable = lastOf(files, ({ env }) => isJsonObject(env) ? env[LAUNCHER_VARIABLE] : undefined);
  const found = variable === undefined || variable.value === ""
    ? lastOf(files, (settings) => settings[LAUNCHER_SETTING])
    : variable;
  return found === undefined ? { kind: "none" } : { kind: "set", ...found };
}

/** Returns the last text that a file sets; a value of another type is passed over. */
function lastOf(files: readonly SettingsFile[], read: (settings: JsonObject) => unknown): Found | undefined {
  for (const { path, settings } of files.toReversed()) {
    const value = read(settings);
    if (typeof value === "string") return { value, source: path };
  }
  return undefined;
}
