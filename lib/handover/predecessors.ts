/**
 * The processes that retired daemons have, as the daemon that serves sees them: found, listed and
 * relayed to, and lost when their daemon is.
 *
 * @module
 */

import { dial, DialError } from "../client/dial.ts";
import { ConnectionLostError } from "../client/errors.ts";
import { WireConnection } from "../client/wire_connection.ts";
import type { ClientContext, PredecessorProcess, Predecessors } from "../methods/context.ts";
import type { EncodedResult } from "../rpc/dispatch.ts";
import { encodeJson } from "../rpc/json_encode.ts";
import type { Params, Result } from "../rpc/method_types.ts";
import { type Clock, happensWithin } from "../system/clock.ts";
import { errnoText } from "../system/errno.ts";
import { isThere } from "../system/private_files.ts";
import { Relay, RelayLostError, wireId } from "./relay.ts";
import {
  removeRetiredFiles,
  type RetiredDaemon,
  retiredDaemons,
  type RetiredFiles,
  waitForToken,
} from "./retired_files.ts";

/** How long it may take until the end of a daemon that is gone is known, in milliseconds. */
const GONE_MS = 3_000;
/** How long the last frames of a daemon that is gone may take to reach their clients, in milliseconds. */
const LAST_FRAMES_MS = 1_000;

/** How often a retired daemon may hang up before it is given up. */
const ATTEMPTS = 3;
/** How long a retired daemon may take to list its processes, in milliseconds. */
const LIST_MS = 2_000;

/** Who is told, and by what. */
export interface PredecessorsOptions {
  /** The directory of all retired daemons. */
  readonly directory: string;
  /** The instance that serves; its own files are not another's. */
  readonly instanceId: string;
  /** The source of time. */
  readonly clock: Clock;
  /** Where it is told. */
  readonly log: { info(text: string): void; warn(text: string): void };
  /** Called for each process whose daemon is gone; it is to be known here as ended from now on. */
  readonly onLost: (process: PredecessorProcess, lastSeq: number) => void;
  /** Makes a client follow such a process. */
  readonly follow: (client: ClientContext, id: string, how: { fromSeq: number; observe: boolean }) => void;
}

type Entry = Result<"process.list">["processes"][number];

/** The processes of retired daemons that were found. */
export interface FoundPredecessors extends Predecessors, AsyncDisposable {
  /** The sockets of these daemons. */
  readonly sockets: readonly string[];
}

/** A retired daemon that is connected. */
interface Predecessor {
  readonly pid: number;
  readonly socket: string;
  /** The file that says that it lives. */
  readonly record: string;
  readonly token: string;
  /** Kept open: it tells when the daemon ends, and keeps the token valid. */
  readonly control: WireConnection;
  /** Its processes, by id; those that are started anew here are taken out. */
  readonly processes: Map<string, PredecessorProcess>;
  /** The last frame of each that anybody here has seen, by the id as frames have it. */
  readonly lastSeqs: Map<string, number>;
  /** Those that are known to have ended, by the same id. */
  readonly ended: Set<string>;
  readonly followers: Map<ClientContext, Follower>;
  /** Settles when it is gone, and its processes are known here as ended. */
  readonly gone: PromiseWithResolvers<void>;
}

/** How a client follows a process. */
interface Following {
  readonly observe: boolean;
  /** Whether the client is told when it gets no more frames. */
  readonly notice: boolean;
}

/** A client that has asked for something of a retired daemon. */
interface Follower {
  readonly opening: Promise<Relay>;
  relay?: Relay;
  /** What it follows, by id. */
  readonly following: Map<string, Following>;
}

/** Finds the retired daemons and connects to them; `undefined` when there are none. */
export async function findPredecessors(options: PredecessorsOptions): Promise<FoundPredecessors | undefined> {
  const retired = (await retiredDaemons(options.directory)).filter(({ instanceId }) =>
    instanceId !== options.instanceId
  );
  const peers = new Set(
    (await Promise.all(retired.map((daemon) => tryConnect(daemon, options)))).flatMap((p) => p ?? []),
  );
  for (const { pid, processes } of peers) {
    options.log.info(`[handover] relaying to the retired daemon (pid ${pid}), processes: ${processes.size}`);
  }
  return peers.size === 0 ? undefined : relayTo(peers, options);
}

async function tryConnect(
  daemon: RetiredDaemon,
  { clock, log }: PredecessorsOptions,
): Promise<Predecessor | undefined> {
  const { files, pid } = daemon;
  let control: WireConnection | undefined;
  try {
    // One that is gone is not waited for.
    (await dial(files.socket)).close();
    let processes: Entry[];
    [control, processes] = await takeOver(files, clock);
    return {
      pid,
      socket: files.socket,
      record: files.record,
      token: control.token,
      control,
      processes: new Map(processes.map((process) => [process.id, process])),
      lastSeqs: new Map(processes.map(({ id, lastSeq }) => [frameId(id), lastSeq])),
      ended: new Set(processes.filter(({ running }) => !running).map(({ id }) => frameId(id))),
      followers: new Map(),
      gone: Promise.withResolvers(),
    };
  } catch (error) {
    control?.close();
    if (error instanceof DialError) {
      log.info(`[handover] the retired daemon (pid ${pid}) is gone`);
      await removeRetiredFiles(files);
    } else log.warn(`[handover] cannot relay to the retired daemon (pid ${pid}): ${errnoText(error)}`);
    return undefined;
  }
}

/** Takes the token of a retired daemon, and its processes. */
async function takeOver(files: RetiredFiles, clock: Clock): Promise<[WireConnection, Entry[]]> {
  for (let attempt = 1;; attempt++) {
    await waitForToken(files, clock);
    const control = await connectWithToken(files);
    try {
      return [control, (await list(control, { exitDetail: true })).processes];
    } catch (error) {
      control.close();
      // A token that was read and not used for long is another one by then.
      if (!(error instanceof ConnectionLostError) || attempt === ATTEMPTS) throw error;
    }
  }
}

async function list(control: WireConnection, params: Params<"process.list">): Promise<Result<"process.list">> {
  const answer = control.request("process.list", params, AbortSignal.timeout(LIST_MS));
  return await answer as Result<"process.list">;
}

async function connectWithToken({ socket, token }: RetiredFiles): Promise<WireConnection> {
  const transport = await dial(socket);
  try {
    return new WireConnection({ transport, token: await takeToken(token), onFrame: () => {} });
  } catch (error) {
    transport.close();
    throw error;
  }
}

/** Reads the token and removes it at once. */
async function takeToken(path: string): Promise<string> {
  const token = await Deno.readTextFile(path);
  await Deno.remove(path);
  return token;
}

function lastSeqOf({ lastSeqs }: Predecessor, id: string): number {
  return lastSeqs.get(frameId(id)) ?? 0;
}

function frameId(id: string): string {
  return wireId(encodeJson(id));
}

function relayTo(peers: Set<Predecessor>, options: PredecessorsOptions): FoundPredecessors {
  const sockets = [...peers].map(({ socket }) => socket);
  let isDisposed = false;
  for (const peer of peers) void peer.control.closed.then(() => lose(peer));

  function peerOf(id: string): Predecessor | undefined {
    for (const peer of peers) if (peer.processes.has(id)) return peer;
    return undefined;
  }

  /** What ran there has ended, and everybody who asks here is told so. */
  async function lose(peer: Predecessor): Promise<void> {
    if (!isDisposed) {
      await finishRelays(peer);
      const lost = await lostWith(peer);
      const level = lost.length > 0 ? "warn" : "info";
      options.log[level](`[handover] the retired daemon (pid ${peer.pid}) is gone, processes lost: ${lost.length}`);
      for (const process of lost) options.onLost(process, lastSeqOf(peer, process.id));
    }
    peers.delete(peer);
    peer.gone.resolve();
    if (isDisposed) return;
    for (const [client, { following }] of peer.followers) {
      for (const [id, { observe }] of following) {
        options.follow(client, id, { observe, fromSeq: lastSeqOf(peer, id) });
      }
    }
  }

  /**
   * The processes whose end nobody has told. A daemon that was not killed has removed its record, and ended only when
   * nothing ran or when it was told to: what nobody follows is forgotten then.
   */
  async function lostWith({ processes, ended, followers, record }: Predecessor): Promise<PredecessorProcess[]> {
    const unended = [...processes.values()].filter(({ id }) => !ended.has(frameId(id)));
    if (await isThere(record)) return unended;
    return unended.filter(({ id }) => [...followers.values()].some(({ following }) => following.has(id)));
  }

  /** All that it still sent is passed on first. */
  async function finishRelays({ followers }: Predecessor): Promise<void> {
    const relays = [...followers.values()].flatMap(({ relay }) => relay ?? []);
    await happensWithin(Promise.all(relays.map(({ finished }) => finished)), LAST_FRAMES_MS, options.clock);
    for (const relay of relays) relay.close();
  }

  function followerOf(peer: Predecessor, client: ClientContext): Follower {
    const known = peer.followers.get(client);
    if (known !== undefined) return known;
    const following: Follower["following"] = new Map();
    const opening = openRelay(peer, client, following);
    const follower: Follower = { opening, following };
    peer.followers.set(client, follower);
    const forget = () => {
      // One that is lost with its daemon is still needed, to tell its client.
      if (client.signal.aborted) peer.followers.delete(client);
    };
    opening.then((relay) => {
      follower.relay = relay;
      void relay.finished.then(forget);
    }, () => peer.followers.delete(client));
    return follower;
  }

  async function openRelay(peer: Predecessor, client: ClientContext, following: Follower["following"]): Promise<Relay> {
    return new Relay({
      transport: await dial(peer.socket),
      token: peer.token,
      attach: (open) => client.attach(open),
      onFrame(encodedId, stream, seq) {
        if (seq > (peer.lastSeqs.get(encodedId) ?? 0)) peer.lastSeqs.set(encodedId, seq);
        if (stream === "exit") {
          peer.ended.add(encodedId);
          for (const id of following.keys()) if (frameId(id) === encodedId) following.delete(id);
        }
      },
    });
  }

  /** Only one client has the stream of a process. */
  function noteFollowing(peer: Predecessor, follower: Follower, params: Params<"process.reattach">): void {
    const { id, observe = false, notice = false } = params;
    for (const { following } of observe ? [] : peer.followers.values()) {
      if (following.get(id)?.observe === false) following.delete(id);
    }
    follower.following.set(id, { observe, notice });
  }

  return {
    sockets,
    owns: (id) => peerOf(id) !== undefined,
    async forward(method, params, client): Promise<EncodedResult | undefined> {
      const peer = peerOf(params.id);
      if (peer === undefined) return undefined;
      const follower = followerOf(peer, client);
      if (method === "process.reattach") {
        noteFollowing(peer, follower, params as Params<"process.reattach">);
      }
      try {
        return await (await follower.opening).request(method, params);
      } catch (error) {
        if (!(error instanceof RelayLostError || error instanceof DialError) || client.signal.aborted) throw error;
        // Once that is known here, whoever asks is answered here.
        const isKnown = await happensWithin(peer.gone.promise, GONE_MS, options.clock);
        if (isKnown && !isDisposed) return undefined;
        // Nobody here can tell; whoever serves next can.
        client.hangUp();
        throw error;
      }
    },
    async list(params: Params<"process.list">): Promise<Entry[]> {
      const lists = await Promise.all([...peers].map(async (peer) => {
        try {
          const { processes } = await list(peer.control, params);
          return processes.filter(({ id }) => peer.processes.has(id)).map((entry) => ({ ...entry, daemon: peer.pid }));
        } catch (error) {
          if (error instanceof ConnectionLostError) return []; // they are listed here in a moment
          if (!(error instanceof DOMException)) throw error;
          // One that does not answer keeps nobody else's processes from being listed.
          return [...peer.processes.values()].map((entry) => ({ ...entry, daemon: peer.pid }));
        }
      }));
      return lists.flat();
    },
    discard(id) {
      const peer = peerOf(id);
      if (peer === undefined) return;
      peer.processes.delete(id);
      for (const [client, { relay, following }] of peer.followers) {
        relay?.mute(frameId(id));
        // The retired daemon would only tell of the end of the process, which is of no interest any more.
        if (following.get(id)?.notice === true) client.sendDetached(id, lastSeqOf(peer, id), "gone");
        following.delete(id);
      }
      peer.control.request("process.kill", { id, signal: "KILL" }).catch((error) => {
        if (!(error instanceof ConnectionLostError)) throw error; // it went with its daemon
      });
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      for (const peer of peers) {
        for (const { relay } of peer.followers.values()) relay?.close();
        peer.control.close();
        await peer.control.finished;
      }
    },
  };
}
