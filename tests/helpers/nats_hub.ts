import { Hosts } from "../../lib/hub/hosts/hosts.ts";
import { parseNats } from "../../lib/hub/nats/nats_config.ts";
import { loadNats } from "../../lib/hub/nats/start_nats.ts";
import type { NatsHosts } from "../../lib/hub/nats/types.ts";
import { systemClock } from "../../lib/system/clock.ts";
import type { Store } from "../../lib/store/store.ts";
import { createLogger } from "../../lib/system/log.ts";
import { hubSocket } from "./hub_socket.ts";
import { MemorySessions } from "./memory_sessions.ts";

/** A hub in this program that is connected to NATS, with its sessions in memory. */
export interface NatsHub extends AsyncDisposable {
  readonly sessions: MemorySessions;
  readonly nats: NatsHosts;
  readonly hosts: Hosts;
  readonly store: Store;
  log(): string;
  /** Stops what is connected to NATS. */
  close(): Promise<void>;
  /** Stops what is connected to NATS, does something meanwhile, and starts it again. */
  restart(meanwhile?: () => void): Promise<void>;
}

/** Starts a hub. */
export async function natsHub(name: string, table: Readonly<Record<string, unknown>>): Promise<NatsHub> {
  const parsed = parseNats(table);
  if ("problem" in parsed) throw new Error(parsed.problem.text);
  await using stack = new AsyncDisposableStack();
  const sessions = new MemorySessions();
  const socket = stack.use(await hubSocket(sessions));
  const { store } = socket.operations;
  let text = "";
  const log = createLogger({ level: "debug", write: (line) => void (text += line) });
  const parts = { ownName: name, sessions, store, log, clock: systemClock };
  const open = async () => {
    const nats = await loadNats(parsed.value, parts);
    const hosts = new Hosts({ ...parts, nats, client: () => new Promise(() => {}), directory: socket.state });
    nats.start({ ...socket.operations, hosts, log });
    return { nats, hosts };
  };
  const close = async () => {
    await running.hosts[Symbol.asyncDispose]();
    await running.nats[Symbol.asyncDispose]();
  };
  let running = await open();
  stack.defer(close);
  const all = stack.move();
  return {
    sessions,
    store,
    get nats() {
      return running.nats;
    },
    get hosts() {
      return running.hosts;
    },
    log: () => text,
    close,
    async restart(meanwhile = () => {}) {
      await close();
      meanwhile();
      running = await open();
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
