/**
 * Passing stdin of this command on to a process.
 *
 * @module
 */

import { StdinConflictError } from "../client/errors.ts";
import type { RemoteProcess } from "../client/remote_process.ts";
import { errnoCode } from "../system/errno.ts";
import type { CallerConnection } from "./caller_connection.ts";

const STDIN_BYTES = 64 << 10;

/** How stdin is passed on. */
export interface ForwardOptions {
  /** Where stdin comes from. */
  readonly caller: CallerConnection;
  /** Whether the process is told that stdin has ended. */
  readonly passesEnd: boolean;
  /** Whether what is read goes nowhere, and neither does its end. */
  readonly isMuted?: () => boolean;
}

/** Why no more of stdin is passed on. */
export type ForwardResult =
  /** All of it was. */
  | { readonly kind: "complete" }
  /** The caller is gone: this is no end of input. */
  | { readonly kind: "lost" }
  /** The process has ended, or this command has left it. */
  | { readonly kind: "closed" }
  /** Stdin cannot be read, or another client writes to the process. */
  | { readonly kind: "failed"; readonly error: Error };

/** Passes stdin on until one side ends; a process that takes no more is noticed while stdin is silent, too. */
export async function forwardStdin(process: RemoteProcess, options: ForwardOptions): Promise<ForwardResult> {
  const writer = process.stdin.getWriter();
  const closed = attempt(() => writer.closed).then((refused): ForwardResult => refused ?? { kind: "complete" });
  return await Promise.race([closed, pass(writer, options)]);
}

async function pass(writer: WritableStreamDefaultWriter<Uint8Array>, options: ForwardOptions): Promise<ForwardResult> {
  const buffer = new Uint8Array(STDIN_BYTES);
  for (;;) {
    const read = await readStdin(buffer, options.caller);
    if (typeof read !== "number") return read ?? await finish(writer, options);
    if (options.isMuted?.() === true) continue;
    const refused = await attempt(() => writer.write(buffer.slice(0, read)));
    if (refused !== undefined) return refused;
  }
}

/** How many bytes came; nothing at a real end. */
async function readStdin(buffer: Uint8Array, caller: CallerConnection): Promise<number | ForwardResult | undefined> {
  try {
    const n = await Deno.stdin.read(buffer);
    if (n !== null) return n;
    return await caller.isLostAtEnd() ? { kind: "lost" } : undefined;
  } catch (error) {
    if (!(error instanceof Error) || errnoCode(error) === undefined) throw error;
    if (await caller.isLostAtEnd()) return { kind: "lost" };
    // `nohup` opens stdin for writing only, so that nothing can come from it.
    return errnoCode(error) === "EBADF" ? undefined : { kind: "failed", error };
  }
}

async function finish(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  { passesEnd, isMuted }: ForwardOptions,
): Promise<ForwardResult> {
  if (!passesEnd || isMuted?.() === true) return { kind: "complete" };
  return await attempt(() => writer.close()) ?? { kind: "complete" };
}

/** Why a write did not succeed; nothing when it did. */
async function attempt(write: () => Promise<void>): Promise<ForwardResult | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    if (error instanceof StdinConflictError) return { kind: "failed", error };
    // How the process ended, or why it is out of reach, is reported by its exit.
    if (error instanceof Error) return { kind: "closed" };
    throw error;
  }
}
