/**
 * The key of a host that is not known yet: what a person is shown of it, and accepting exactly that one.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { runCommand } from "../client/run_command.ts";
import { errnoText } from "../system/errno.ts";
import { removeIfThere } from "../system/private_files.ts";
import { RequestError } from "../system/request_error.ts";
import { singleArguments, type SshPlace } from "./ssh_arguments.ts";

/** How long a look at a host may take, in milliseconds. */
const LOOK_MS = 20_000;
const FINGERPRINT = /^debug1: Server host key: \S+ (SHA256:[A-Za-z0-9+/]{43})/gm;

/** What is needed to look at a host. */
export interface HostKeyOptions {
  /** The connection to the daemon, which runs `ssh`. */
  readonly client: Client;
  /** The name of `ssh`, or its path. */
  readonly program: string;
  /** The host. */
  readonly place: SshPlace;
}

/**
 * Returns the fingerprint of the key that a host shows; `undefined` if it shows none.
 *
 * @throws {RpcCallError} If `ssh` cannot be started.
 */
export async function hostFingerprint({ client, program, place }: HostKeyOptions): Promise<string | undefined> {
  const args = singleArguments(place, ["-v", "-o", "StrictHostKeyChecking=yes"], "true");
  const { stderr } = await runCommand(client, { command: program, args, timeoutMs: LOOK_MS });
  // The hosts on the way to it show theirs before.
  return [...new TextDecoder().decode(stderr).matchAll(FINGERPRINT)].at(-1)?.[1];
}

/**
 * Accepts the key of a host: adds it to the person's file of known hosts, if it is the one that the person has seen.
 *
 * @param fingerprint The fingerprint that the person has accepted.
 * @param temporary A path for a file that is removed again.
 * @throws {RequestError} If the host shows another key, or the file cannot be written.
 */
export async function acceptHostKey(options: HostKeyOptions, fingerprint: string, temporary: string): Promise<void> {
  const { client, program, place } = options;
  await removeIfThere(temporary);
  try {
    // ssh itself writes down which name the key belongs to, as it would do it for the person.
    const accepting = [
      ...["-o", "StrictHostKeyChecking=accept-new", "-o", `UserKnownHostsFile=${temporary}`],
      ...["-o", "GlobalKnownHostsFile=none", "-o", "HashKnownHosts=no", "-o", "UpdateHostKeys=no"],
    ];
    const args = singleArguments(place, accepting, "true");
    await runCommand(client, { command: program, args, timeoutMs: LOOK_MS });
    const lines = await readLines(temporary);
    const [line] = lines;
    const shown = line === undefined ? undefined : await fingerprintOf(line);
    if (line === undefined || lines.length !== 1 || shown !== fingerprint) {
      throw new RequestError(
        "conflict",
        shown === undefined
          ? "the host shows no key that could be accepted: log in there with ssh by hand, as where the key of a host on " +
            "the way to it is unknown, too"
          : `the host shows another key now: ${shown}: look at its fingerprint again`,
      );
    }
    await append(await knownHostsFile(options), line);
  } finally {
    await removeIfThere(temporary);
  }
}

async function readLines(path: string): Promise<string[]> {
  return (await readText(path)).split("\n").filter((line) => line !== "");
}

/** The content of a file; empty without one. */
async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** The fingerprint of a line of known hosts: the names, the type and the key. */
async function fingerprintOf(line: string): Promise<string | undefined> {
  const [, , key] = line.split(" ");
  if (key === undefined) return undefined;
  const hash = await crypto.subtle.digest("SHA-256", Uint8Array.fromBase64(key));
  return `SHA256:${new Uint8Array(hash).toBase64({ omitPadding: true })}`;
}

/** The first of the files in which the person's `ssh` looks. */
async function knownHostsFile({ client, program, place }: HostKeyOptions): Promise<string> {
  const args = singleArguments(place, ["-G"], "true");
  const { stdout } = await runCommand(client, { command: program, args, timeoutMs: LOOK_MS });
  const files = /^userknownhostsfile (.*)$/m.exec(new TextDecoder().decode(stdout))?.[1]?.split(" ") ?? [];
  const [file] = files;
  // `ssh` does not tell a space in a path from one between two paths.
  if (file !== undefined && files.every((each) => each.startsWith("/"))) return file;
  throw new RequestError("refused", "ssh names no file of known hosts that could take the key: accept it by hand");
}

async function append(path: string, line: string): Promise<void> {
  try {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: 0o700 });
    // A file whose last line has no end must not swallow the new one.
    const last = (await readText(path)).at(-1);
    const gap = last === undefined || last === "\n" ? "" : "\n";
    await Deno.writeTextFile(path, `${gap}${line}\n`, { append: true, mode: 0o600 });
  } catch (error) {
    throw new RequestError("unavailable", `cannot write ${path}: ${errnoText(error)}`, { cause: error });
  }
}
