/**
 * Installing a release on a host, and taking it away again.
 *
 * @module
 */

import { RequestError } from "../system/request_error.ts";
import {
  installCommand,
  probeCommand,
  readMarked,
  restartCommand,
  runningCommand,
  uninstallCommand,
} from "./far_scripts.ts";
import type { Release } from "./release.ts";
import { releaseArchive } from "./release_archive.ts";
import { targetOf } from "./release.ts";
import type { FarShell } from "./ssh_run.ts";
import type { InstallStep } from "./types.ts";

/** The oldest C library that the release's runtime works with. */
const OLDEST_GLIBC = { major: 2, minor: 27 };
/** How much more than the release must be free, in bytes. */
const SPARE_BYTES = 16 << 20;

/** What is known of a host before something is installed there. */
export interface FarFacts {
  /** The kind of machine, such as `linux-amd64`. */
  readonly target: string;
  /** Where versions are installed. */
  readonly place: string;
  /** How much is free there, in bytes; `undefined` if it does not tell. */
  readonly freeBytes: number | undefined;
  /** Whether it can unpack what is compressed. */
  readonly hasGzip: boolean;
  /** The versions that are installed. */
  readonly versions: readonly string[];
  /** Whether claustrum is installed in any way. */
  readonly isInstalled: boolean;
  /** The version that the launcher runs; absent if there is none that works. */
  readonly version?: string;
  /** The digest of the release that the launcher runs; absent if there is none that works. */
  readonly digest?: string;
  /** Where else its shell finds claustrum first; absent if nowhere. */
  readonly found?: string;
}

/** How an installation is done. */
export interface InstallOptions {
  /** What is installed. */
  readonly release: Release;
  /** What is known of the host. */
  readonly facts: FarFacts;
  /** Whether the daemon and the hub there become those of the release at once. */
  readonly restarts: boolean;
  /** Called with each step, and with how many bytes of the release have been sent. */
  readonly onStep: (step: InstallStep, sent?: number) => void;
  /** Gives up; then nothing is installed. */
  readonly signal: AbortSignal;
}

/**
 * Looks at a host.
 *
 * @throws {RequestError} If it cannot be reached, or nothing can be installed there.
 */
export async function probeHost(shell: FarShell, signal: AbortSignal): Promise<FarFacts> {
  const said = await runMarked(shell, probeCommand, { signal });
  const one = (word: string) => said.find((each) => each.word === word)?.rest ?? "";
  const all = (word: string) => said.filter((each) => each.word === word).map(({ rest }) => rest);
  const [system = "", machine = ""] = one("system").split(" ");
  const target = targetOf(system, machine);
  if (target === undefined) {
    throw new RequestError("refused", `there is no release for its system, ${system || "?"} on ${machine || "?"}`);
  }
  checkLibrary(system, one("libc"));
  const missing = all("missing");
  const needed = missing.filter((tool) => tool !== "gzip");
  if (needed.length > 0) throw new RequestError("refused", `it lacks what an installation needs: ${needed.join(", ")}`);
  const place = one("place");
  const found = one("found");
  const isOurs = found === "" || found.endsWith("/.local/bin/claustrum");
  const version = /^claustrum (\S+) /.exec(`${one("runs")} `)?.[1];
  // What does not run is installed again.
  const digest = version === undefined ? "" : one("digest");
  return {
    target,
    place,
    freeBytes: freeBytes(one("disk")),
    hasGzip: !missing.includes("gzip"),
    versions: all("version"),
    isInstalled: found !== "",
    ...(version === undefined ? {} : { version }),
    ...(digest === "" ? {} : { digest }),
    ...(isOurs ? {} : { found }),
  };
}

/**
 * Installs a release. What is installed already is replaced in the last moment, in one step.
 *
 * @returns The version.
 * @throws {RequestError} If it cannot be installed; then what was there is as it was.
 */
export async function installRelease(shell: FarShell, options: InstallOptions): Promise<string> {
  const { release, facts, restarts, onStep, signal } = options;
  const isCompressed = facts.hasGzip;
  checkSpace(facts, release);
  onStep("sending", 0);
  const input = releaseArchive(release, { isCompressed, onProgress: (sent) => onStep("sending", sent) });
  const said = await runMarked(shell, (mark) => installCommand({ mark, release, isCompressed, restarts }), {
    input,
    signal,
    onWord: (word) => {
      if (word === "checking" || word === "restarting") onStep(word);
    },
  });
  const installed = said.find(({ word }) => word === "installed")?.rest ?? "";
  return installed.split(" ")[0] ?? "";
}

/**
 * Makes the daemon and the hub of a host those that are installed there; what runs goes on.
 *
 * @throws {RequestError} If it fails.
 */
export async function restartFar(shell: FarShell, signal: AbortSignal): Promise<void> {
  await runMarked(shell, restartCommand, { signal });
}

/** What runs on a host in the care of claustrum. */
export interface FarPrograms {
  /** The ids of the processes of its daemon. */
  readonly processes: readonly string[];
  /** The names of the terminals that its hub has opened in tmux. */
  readonly terminals: readonly string[];
}

/**
 * Tells what runs on a host.
 *
 * @throws {RequestError} If it fails.
 */
export async function farPrograms(shell: FarShell, signal: AbortSignal): Promise<FarPrograms> {
  const said = await runMarked(shell, runningCommand, { signal });
  const all = (wanted: string) => said.filter(({ word }) => word === wanted).map(({ rest }) => rest);
  return { processes: all("process"), terminals: all("terminal") };
}

/**
 * Takes away what was installed on a host.
 *
 * @param endsSessions Whether sessions that run are ended.
 * @returns What is left there.
 * @throws {RequestError} If it fails.
 */
export async function uninstallFar(
  shell: FarShell,
  endsSessions: boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const said = await runMarked(shell, (mark) => uninstallCommand(mark, endsSessions), { signal });
  return said.flatMap(({ word, rest }) => {
    if (word === "terminal") return [`${rest}, which runs on in tmux`];
    return word === "left" ? [rest] : [];
  });
}

interface Said {
  readonly word: string;
  readonly rest: string;
}

interface MarkedOptions {
  readonly input?: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly onWord?: (word: string) => void;
  readonly signal: AbortSignal;
}

/** Runs one of the small programs, which says at the end that it is done. */
async function runMarked(
  shell: FarShell,
  command: (mark: string) => string,
  { input, onWord, signal }: MarkedOptions,
): Promise<Said[]> {
  const mark = `c${crypto.randomUUID().replaceAll("-", "")}`;
  const said: Said[] = [];
  const { code, stderr } = await shell.run({
    command: command(mark),
    ...(input === undefined ? {} : { input }),
    signal,
    onLine(line) {
      const marked = readMarked(line, mark);
      if (marked === undefined) return;
      said.push(marked);
      onWord?.(marked.word);
    },
  });
  const failure = said.find(({ word }) => word === "failed")?.rest;
  if (failure !== undefined) throw new RequestError("refused", withCause(failure, stderr));
  if (said.at(-1)?.word === "done") return said;
  const last = stderr.trim().split("\n").at(-1) ?? "";
  throw new RequestError(
    "unavailable",
    said.some(({ word }) => word === "installed")
      ? "the connection was lost after the release was installed: try again"
      : withCause(`its shell ended early (exit code ${code})${last === "" ? "" : `: ${last.slice(0, 200)}`}`, stderr),
  );
}

/** A disk that is full is the cause of what fails then. */
function withCause(failure: string, stderr: string): string {
  return /No space left|quota exceeded/i.test(stderr) ? `${failure}, because its disk is full` : failure;
}

function checkLibrary(system: string, text: string): void {
  if (system !== "Linux") return;
  if (/musl/i.test(text)) {
    throw new RequestError("refused", "its C library is musl, and the release needs glibc 2.27 or newer");
  }
  const [, major, minor] = /(?:glibc|GLIBC|GNU libc)\D*(\d+)\.(\d+)/.exec(text) ?? [];
  // What tells no version is tried.
  if (major === undefined || minor === undefined) return;
  const isOld = Number(major) < OLDEST_GLIBC.major ||
    Number(major) === OLDEST_GLIBC.major && Number(minor) < OLDEST_GLIBC.minor;
  if (isOld) {
    throw new RequestError("refused", `its C library is glibc ${major}.${minor}, and the release needs 2.27 or newer`);
  }
}

/** Reads the last line of `df -Pk`. */
function freeBytes(line: string): number | undefined {
  const [, free] = /\s\d+\s+\d+\s+(\d+)\s+\d+%/.exec(line) ?? [];
  return free === undefined ? undefined : Number(free) * 1024;
}

function checkSpace({ freeBytes, place }: FarFacts, { bytes }: Release): void {
  const needed = bytes + SPARE_BYTES;
  if (freeBytes === undefined || freeBytes >= needed) return;
  const mb = (count: number) => Math.ceil(count / 1e6);
  throw new RequestError("refused", `it has ${mb(freeBytes)} MB free for ${place}, and needs ${mb(needed)} MB`);
}
