/**
 * Forwards stdin of this command to a process.
 *
 * @module
 */

import { StdinConflictError } from "../client/errors.ts";
import type { RemoteProcess } from "../client/remote_process.ts";
import { errnoCode } from "../system/errno.ts";
import type { CallerConnection } from "./caller_connection.ts";

const READ_BYTES = 64 << 10;

/** Options for {@linkcode forwardStdin}. */
export interface ForwardOptions {
  /** The connection that stdin comes from. */
  readonly caller: CallerConnection;
  /** Whether the end of stdin closes the stdin of the process. */
  readonly forwardsEnd: boolean;
  /** Whether input, and its end, is discarded at the moment. @default {never} */
  readonly isMuted?: () => boolean;
  /** Returns where input contains what detaches from the process; that is not forwarded. @default {nothing detaches} */
  readonly findEnd?: (input: Uint8Array) => number | undefined;
}

/** Why forwarding ended. */
export type ForwardResult =
  /** All input was forwarded. */
  | { readonly kind: "complete" }
  /** The connection to the caller was lost, so the input is incomplete. */
  | { readonly kind: "lost" }
  /** The person has detached from the process. */
  | { readonly kind: "detached" }
  /** The process has ended, or this command has detached from it. */
  | { readonly kind: "closed" }
  /** Stdin cannot be read, or another client writes to the process. */
  | { readonly kind: "failed"; readonly error: Error };

/** Forwards stdin until either side ends. It returns when the process closes its stdin, even while no input arrives. */
export async function forwardStdin(process: RemoteProcess, options: ForwardOptions): Promise<ForwardResult> {
  const writer = process.stdin.getWriter();
  const closed = tryWrite(() => writer.closed).then((refused): ForwardResult => refused ?? { kind: "complete" });
  return await Promise.race([closed, copyStdin(writer, options)]);
}

async function copyStdin(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  options: ForwardOptions,
): Promise<ForwardResult> {
  const buffer = new Uint8Array(READ_BYTES);
  for (;;) {
    const read = await readStdin(buffer, options.caller);
    if (typeof read !== "number") return read ?? await closeStdin(writer, options);
    const end = options.findEnd?.(buffer.subarray(0, read));
    const input = buffer.slice(0, end ?? read);
    const refused = options.isMuted?.() === true || input.length === 0
      ? undefined
      : await tryWrite(() => writer.write(input));
    if (refused !== undefined || end !== undefined) return refused ?? { kind: "detached" };
  }
}

/** Returns the number of bytes read; `undefined` at the end of input. */
async function readStdin(buffer: Uint8Array, caller: CallerConnection): Promise<number | ForwardResult | undefined> {
  try {
    const n = await Deno.stdin.read(buffer);
    if (n !== null) return n;
    return await caller.isLostAtEnd() ? { kind: "lost" } : undefined;
  } catch (error) {
    if (!(error instanceof Error) || errnoCode(error) === undefined) throw error;
    if (await caller.isLostAtEnd()) return { kind: "lost" };
    // `nohup` opens stdin for writing only, which counts as the end of input.
    return errnoCode(error) === "EBADF" ? undefined : { kind: "failed", error };
  }
}

async function closeStdin(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  { forwardsEnd, isMuted }: ForwardOptions,
): Promise<ForwardResult> {
  if (!forwardsEnd || isMuted?.() === true) return { kind: "complete" };
  return await tryWrite(() => writer.close()) ?? { kind: "complete" };
}

/** Returns why a write failed; `undefined` if it succeeded. */
async function tryWrite(write: () => Promise<void>): Promise<ForwardResult | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    if (error instanceof StdinConflictError) return { kind: "failed", error };
    // The exit of the process reports how it ended or why it cannot be reached.
    if (error instanceof Error) return { kind: "closed" };
    throw error;
  }
}
