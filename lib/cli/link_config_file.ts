/**
 * Adds a link to the configuration.
 *
 * @module
 */

import { parseHubConfig, type ResolvedConfig } from "../hub/config.ts";
import { tomlText } from "../hub/config_text.ts";
import { ConfigError } from "../hub/config_entry.ts";
import type { LinkConfig } from "../hub/links/link_config.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { writePrivateFile } from "../system/private_files.ts";

/** A link as it is written. */
export interface LinkEntry extends LinkConfig {
  /** Whether its key may cross the network in the clear. */
  readonly allowsInsecure: boolean;
}

/**
 * Adds a link to the file of the configuration, unless it is there.
 *
 * @returns Whether it was added.
 * @throws {ClaustrumError} If there is another link to that hub, or the file cannot be written.
 */
export async function addLink(link: LinkEntry, { config, file }: ResolvedConfig): Promise<boolean> {
  const { url, keyFile, caFile } = link;
  const known = config.links.find((each) => each.url === url);
  if (known !== undefined) {
    if (known.keyFile === keyFile && known.caFile === caFile) return false;
    throw new ClaustrumError(`${file} has a link to ${url} already, with other files: change it there`);
  }
  if (file === undefined) throw new ClaustrumError("there is no home directory for hub.toml: name one with --config");
  const before = await textOf(file);
  const text = `${before}${before === "" ? "" : before.endsWith("\n") ? "\n" : "\n\n"}${entryText(link)}`;
  if (await countLinks(text, file) !== config.links.length + 1) {
    throw new ClaustrumError(`cannot add the link to ${file}: add it by hand:\n${entryText(link)}`);
  }
  await writeConfig(file, text);
  return true;
}

function entryText({ url, keyFile, caFile, allowsInsecure }: LinkEntry): string {
  const lines = [
    "[[links]]",
    `url = ${tomlText(url)}`,
    `key_file = ${tomlText(keyFile)}`,
    ...(caFile === undefined ? [] : [`ca_file = ${tomlText(caFile)}`]),
    ...(allowsInsecure ? ["allow_insecure = true"] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** A list that is written in one line may not be one that can be continued like this; then there is no number. */
async function countLinks(text: string, file: string): Promise<number | undefined> {
  try {
    return (await parseHubConfig(text, file)).config.links.length;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    if (errnoCode(error) === undefined) throw error;
    throw new ClaustrumError(`cannot read ${file}: ${errnoText(error)}`, { cause: error });
  }
}

async function writeConfig(file: string, text: string): Promise<void> {
  try {
    const slash = file.lastIndexOf("/");
    if (slash > 0) await Deno.mkdir(file.slice(0, slash), { recursive: true, mode: 0o700 });
    await writePrivateFile(await targetOf(file), text);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new ClaustrumError(`cannot write ${file}: ${errnoText(error)}`, { cause: error });
  }
}

/** The file may be a link into a repository of configurations. */
async function targetOf(file: string): Promise<string> {
  try {
    return await Deno.realPath(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return file;
    throw error;
  }
}
