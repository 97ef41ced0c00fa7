/**
 * Reads the configuration of another program and says what it means in ours.
 *
 * @module
 */

import { listenProblem } from "../access/listen_guard.ts";
import { parseHubConfig } from "../config.ts";
import { ConfigError } from "../config_entry.ts";
import { isTable } from "../config_schema.ts";
import { CCRM_DAEMON, CCRM_SERVER, translateCcrmDaemon, translateCcrmServer } from "./ccrm.ts";
import { CLAUSTER, translateClauster } from "./clauster.ts";
import { type ForeignFormat, ForeignSettings, leavesOf, overridesOf, type Variables } from "./foreign_settings.ts";
import { Translation, translationText } from "./translation.ts";

/** Options of {@linkcode importConfig}. */
export interface ImportOptions {
  /** The content of the file. */
  readonly text: string;
  /** What messages call the file. */
  readonly file: string;
  /** The variables of the environment, some of which override settings. */
  readonly variables: Variables;
  /** The user's home directory; `undefined` if it is unknown. */
  readonly home: string | undefined;
}

/** What a configuration means. */
export interface ImportedConfig {
  /** A configuration file for the hub. */
  readonly text: string;
  /** What has no counterpart, is unknown, or has to be done; the text has it in comments, too. */
  readonly notes: readonly string[];
}

/** The most values in a file, references included; a real one has some hundreds. */
const MAX_VALUES = 20_000;

type Translate = (from: ForeignSettings, to: Translation, home: string | undefined) => void;

/** If files fit two of them equally well, the first is meant. */
const FORMATS: readonly (readonly [ForeignFormat, Translate])[] = [
  [CLAUSTER, translateClauster],
  [CCRM_DAEMON, translateCcrmDaemon],
  [CCRM_SERVER, translateCcrmServer],
];

/**
 * Reads a configuration of clauster or of CCRM, which are told apart by their keys.
 *
 * @throws {ConfigError} If it is neither, is not YAML, or has a value of a wrong type or a sample's value.
 */
export async function importConfig({ text, file, variables, home }: ImportOptions): Promise<ImportedConfig> {
  const tree = await parseYaml(text, file);
  const [format, translate] = formatOf(tree, file);
  const overrides = await overridesOf(format, variables);
  const from = new ForeignSettings(format, new Map([...leavesOf(tree, format), ...overrides.leaves]), file);
  const to = new Translation();
  translateNames(from, to);
  translate(from, to, home);
  for (const name of [...from.unknown, ...overrides.unknown]) to.meetUnknown(name);
  const problem = listenProblem((await parseHubConfig(to.toml, "the result")).config);
  if (problem !== undefined) to.hint(`the hub does not start like this: ${problem}`);
  const head = `The configuration of claustrum's hub, made from ${file}, a configuration of ${format.name}.`;
  return { text: translationText(to, head), notes: to.notes };
}

/** The parser is loaded only here: the hub itself reads no YAML. */
async function parseYaml(text: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  const { parse } = await import("@std/yaml/parse");
  const tree = ((): unknown => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new ConfigError(`${file} is not valid YAML: ${error.message.replaceAll(/\s*\n\s*/g, " ")}`, {
        cause: error,
      });
    }
  })();
  checkSize(tree, file);
  if (isTable(tree)) return tree;
  throw new ConfigError(`${file} contains no settings: it must be a table of names and values`);
}

/** Values may refer to each other, and so be much more than the file, or without an end. */
function checkSize(tree: unknown, file: string): void {
  const waiting = [tree];
  for (let count = 0; waiting.length > 0; count++) {
    if (count > MAX_VALUES) throw new ConfigError(`${file} contains too many values, or refers to itself`);
    const value = waiting.pop();
    if (typeof value === "object" && value !== null) waiting.push(...Object.values(value));
  }
}

/** Returns the format that knows the most of what is in a file. */
function formatOf(tree: Readonly<Record<string, unknown>>, file: string): readonly [ForeignFormat, Translate] {
  const counted = FORMATS.map((format) => {
    const [{ settings }] = format;
    const known = [...leavesOf(tree, format[0]).keys()].filter((path) => Object.hasOwn(settings, path));
    return { format, count: known.length };
  });
  const best = counted.reduce((a, b) => b.count > a.count ? b : a);
  if (best.count > 0) return best.format;
  throw new ConfigError(`${file} has no setting that clauster or CCRM know: name the file that one of them reads`);
}

/** Translates the settings that have only another name, and tells of those that have no counterpart. */
function translateNames(from: ForeignSettings, to: Translation): void {
  for (const [path, { to: key, why, fixed }] of Object.entries(from.format.settings)) {
    const value = from.value(path);
    if (value === undefined) continue;
    if (key !== undefined) to.set(key, value, path);
    else if (why !== undefined && value !== fixed) to.lose(from.describe(path), why);
  }
}
