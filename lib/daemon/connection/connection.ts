/**
 * One client: its lines in, its replies and streams out, its end (contract: Framing and JSON; Memory and fairness).
 *
 * @module
 */

import type { Dispatch, Reply } from "../../rpc/dispatch.ts";
import { errnoCode, errnoText } from "../../system/errno.ts";
import { encodeDetached } from "../../rpc/stream_frames.ts";
import { type Line, LineFramer, LineTooLongError } from "../../rpc/framing.ts";
import { type Clock, happensWithin } from "../../system/clock.ts";
import type { Pause } from "../../system/turns.ts";
import type { ClientContext } from "../../methods/context.ts";
import type { Logger } from "../../system/log.ts";
import { Output, type WriteKind } from "./output.ts";
import type { ByteStream } from "../../system/io.ts";
import type { WireLog } from "../observe/wire_log.ts";

/** Past this many unanswered requests the connection is not read any more (contract: Framing and JSON). */
const MAX_IN_FLIGHT = 1024;
/** How long a client that stopped sending may wait for its last answers, in milliseconds (contract: Framing and JSON). */
const FINISH_MS = 5_000;
const READ_BYTES = 64 << 10;
/** What an unnamed peer of a unix socket is called. */
const PEER = "@";

/** What a connection is given. */
export interface ConnectionOptions {
  /** Answers a line. */
  readonly dispatch: Dispatch<ClientContext>;
  /** Lets others have their turn. */
  readonly pause: Pause;
  /** The source of time. */
  readonly clock: Clock;
  /** Where its story goes. */
  readonly log: Logger;
  /** Where its frames are noted, and under which number. */
  readonly wireLog?: Pick<WireLog, "note">;
  /** @default {0} */
  readonly number?: number;
}

/** A client that is being served. */
export interface Connection {
  /** The client, as methods know it. */
  readonly client: ClientContext;
  /** Settles when it is closed; never rejects. */
  readonly closed: Promise<void>;
  /** Takes no more requests, answers those it has, in five seconds at most, and closes it. */
  finish(): void;
  /** Closes it now. */
  close(): void;
}

/** Serves a client until it goes. */
export function serveConnection(conn: ByteStream, options: ConnectionOptions): Connection {
  const { dispatch, log, clock, pause, wireLog, number = 0 } = options;
  const gone = new AbortController();
  const onWrite = (bytes: Uint8Array, size?: number) => wireLog?.note("out", number, bytes, size);
  const writing = { sink: conn, pause, onFailure: noteWriteFailure };
  const output = new Output(wireLog === undefined ? writing : { ...writing, onWrite });
  const context: ClientContext = {
    signal: gone.signal,
    starting: new Map(),
    share: () => output.share(),
    hangUp: close,
    attach: (open) => output.attach(open),
    sendDetached: (id, seq, reason) => output.send(encodeDetached(id, seq, reason)),
    follow: (process, { notice = false, ...how }) =>
      output.attach((onReadable) =>
        process.follow({
          ...how,
          onReadable,
          owner: context,
          ...(notice ? { onDetached: (reason, seq) => context.sendDetached(process.id, seq, reason) } : {}),
        })
      ),
  };
  let inFlight = 0;
  let isFinishing = false;
  let progress = Promise.withResolvers<void>();

  function noteWriteFailure(kind: WriteKind, error: unknown, size: number): void {
    const text = `write: ${errnoText(error)}`;
    if (kind === "reply") {
      log.debug(`[Server] writeResponse: wrote 0/${size} bytes, error=${text}`);
      log.error(`[Server] Failed to write response: ${text}`);
    } else {
      log.warn(`[frameSink] ${kind === "replay" ? "replay write" : "write"} failed, detaching: ${text}`);
    }
    close();
  }

  function close(): void {
    if (gone.signal.aborted) return;
    gone.abort();
    output.close();
    conn.close();
    progress.resolve();
  }

  /** Answers at once where it can; the rest is counted until it is answered. */
  function answer({ text, isPlain }: Line): Reply {
    wireLog?.note("in", number, text);
    const reply = dispatch(text, isPlain, context);
    if (!(reply instanceof Promise)) return reply ?? "";
    inFlight++;
    void reply.then((late) => {
      inFlight--;
      output.send(late ?? "");
      progress.resolve();
    });
    return "";
  }

  async function hasRoom(): Promise<void> {
    while (!gone.signal.aborted && (inFlight >= MAX_IN_FLIGHT || output.isFull)) {
      progress = Promise.withResolvers();
      await Promise.race([progress.promise, output.progress]);
    }
  }

  /** Answers lines; replies of one read go out in one write. */
  async function answerAll(lines: Iterable<Line>): Promise<void> {
    let batch = "";
    try {
      for (const line of lines) {
        if (isFinishing) return;
        const reply = answer(line);
        if (typeof reply === "string") batch += reply;
        else {
          output.send(batch);
          output.send(reply);
          batch = "";
        }
        if (inFlight < MAX_IN_FLIGHT && batch.length < READ_BYTES) continue;
        output.send(batch);
        batch = "";
        await hasRoom();
        if (gone.signal.aborted) return;
      }
    } finally {
      output.send(batch);
    }
  }

  async function readAll(): Promise<void> {
    const framer = new LineFramer();
    const buffer = new Uint8Array(READ_BYTES);
    for (let n = await conn.read(buffer); n !== null && !isFinishing; n = await conn.read(buffer)) {
      await answerAll(framer.push(buffer.subarray(0, n)));
      if (inFlight >= MAX_IN_FLIGHT || output.isFull) await hasRoom();
    }
    if (!isFinishing) await answerAll(framer.end());
  }

  async function finish(): Promise<void> {
    while (inFlight > 0 && !gone.signal.aborted) {
      progress = Promise.withResolvers();
      await progress.promise;
    }
    await output.finish();
  }

  async function serve(): Promise<void> {
    log.info(`[Server] New connection from: ${PEER}`);
    try {
      await readAll();
    } catch (error) {
      if (!gone.signal.aborted && !isPeerGone(error)) {
        log.error(`[Server] scanner error on ${PEER}: ${readErrorText(error)}`);
      }
    }
    await happensWithin(finish(), FINISH_MS, clock);
    close();
    log.info(`[Server] Connection closed: ${PEER}`);
  }

  async function finishAndClose(): Promise<void> {
    isFinishing = true;
    await happensWithin(finish(), FINISH_MS, clock);
    close();
  }

  return { client: context, closed: serve(), close, finish: () => void finishAndClose() };
}

function isPeerGone(error: unknown): boolean {
  return errnoCode(error) === "ECONNRESET";
}

function readErrorText(error: unknown): string {
  return error instanceof LineTooLongError ? error.message : `read: ${errnoText(error)}`;
}
