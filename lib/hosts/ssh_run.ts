/**
 * One command on a host over SSH, apart from the line: as a process of the daemon, with an input of any length.
 *
 * @module
 */

import { abortable } from "../client/abortable.ts";
import type { Client } from "../client/connect.ts";
import { endProcess } from "../client/end_process.ts";
import type { RemoteProcess } from "../client/remote_process.ts";
import { RequestError } from "../system/request_error.ts";
import type { LoginGate } from "./login_gate.ts";
import { commandArguments, type SshPlace } from "./ssh_arguments.ts";
import { explainSsh } from "./ssh_failure.ts";

/** What `ssh` exits with if it fails itself. */
const SSH_FAILED = 255;
/** How much of what the host prints to stderr is kept, in characters. */
const MAX_STDERR = 16 << 10;
/** The longest line that is kept whole, in characters. */
const MAX_LINE = 64 << 10;

/** A command to run on a host. */
export interface FarCommand {
  /** The command line for the login shell there. */
  readonly command: string;
  /** What it reads. @default {nothing} */
  readonly input?: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Called with each line that it prints. */
  readonly onLine: (line: string) => void;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/** How a command on a host has ended. */
export interface FarExit {
  /** The exit code, -1 when a signal ended it. */
  readonly code: number;
  /** The end of what it printed to stderr. */
  readonly stderr: string;
}

/** A host on which commands can be run. */
export interface FarShell {
  /**
   * Runs a command. Whoever gives up cuts its input off.
   *
   * @throws {RequestError} If the host cannot be reached.
   * @throws What the input throws, and the signal's reason.
   */
  run(command: FarCommand): Promise<FarExit>;
}

/** Where a command runs, and with what. */
export interface SshRunOptions {
  /** The connection to the daemon. */
  readonly client: Client;
  /** The id of the process. */
  readonly id: string;
  /** The name of `ssh`, or its path. */
  readonly program: string;
  /** The host. The line's connection is used while there is one. */
  readonly place: SshPlace;
  /** Bounds the logins to all hosts. */
  readonly logins: LoginGate;
}

/**
 * Runs a command.
 *
 * @throws What {@linkcode FarShell.run} throws.
 */
export async function runOverSsh(options: SshRunOptions, far: FarCommand): Promise<FarExit> {
  const { client, id, program, place, logins } = options;
  const { command, input, onLine, signal } = far;
  // The turn is over as soon as the host has said something.
  using turn = await logins.enter(signal);
  const process = await client.spawn({ id, command: program, args: commandArguments(place, command) });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // the command may have ended first
  const feeding = feed(process, input).catch(failed.reject);
  try {
    const ended = Promise.all([
      process.exit,
      readLines(process, (line) => {
        turn[Symbol.dispose]();
        onLine(line);
      }),
      readEnd(process),
      feeding,
    ]);
    const [{ code }, , stderr] = await abortable(Promise.race([ended, failed.promise]), signal);
    if (code === SSH_FAILED) throw new RequestError("unavailable", explainSsh(stderr).reason);
    return { code, stderr };
  } finally {
    process.detach();
    await endProcess(client, id);
    await feeding;
  }
}

/** Passes an input on, as far as the command reads it before it ends, and no faster. */
async function feed({ stdin }: RemoteProcess, input: FarCommand["input"]): Promise<void> {
  const writer = stdin.getWriter();
  try {
    for await (const piece of input ?? []) await writer.write(piece);
    await writer.close();
  } catch (error) {
    // A stream that the command's end has closed already refuses to be closed with a TypeError.
    if (!(error instanceof Deno.errors.BrokenPipe || error instanceof TypeError)) throw error;
  }
}

async function readLines({ stdout }: RemoteProcess, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!.slice(-MAX_LINE);
    for (const line of lines) onLine(line);
  }
  if (rest !== "") onLine(rest);
}

async function readEnd({ stderr }: RemoteProcess): Promise<string> {
  let end = "";
  for await (const text of stderr.pipeThrough(new TextDecoderStream())) end = (end + text).slice(-MAX_STDERR);
  return end;
}
