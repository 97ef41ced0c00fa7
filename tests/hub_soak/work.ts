import { HubCallError, HubUnreachableError } from "../../lib/hub/hub_errors.ts";
import type { HubClient } from "../../lib/hub/hub_client.ts";
import type { SessionEvent } from "../../lib/sessions/types.ts";
import { pick } from "../helpers/random.ts";
import type { Machine } from "./world.ts";

const PROMPTS = ["one", "burst 30 500", "slow 20 20", "split x", "tool Bash echo hi", "stderr y", "burst 200 300"];

/** What happened so far. */
export interface Counts {
  prompts: number;
  answers: number;
}

/** Follows a hub over all that happens to it; what it has seen is told by host. */
export class Watcher implements AsyncDisposable {
  /** The ids of the events that were seen, in their order, by host. */
  readonly seen = new Map<string | undefined, number[]>();
  /** The id of the last event of each other host before it was watched. */
  readonly before = new Map<string | undefined, number>([[undefined, 0]]);
  readonly #ending = new AbortController();
  readonly #following: Promise<void>;
  readonly #hub: HubClient;

  /** @param onAsked Called when an agent asks for a permission. */
  constructor(hub: HubClient, onAsked: (permission: string) => void) {
    this.#hub = hub;
    this.#following = this.#follow(onAsked);
  }

  async #follow(onAsked: (permission: string) => void): Promise<void> {
    for await (const message of this.#hub.follow({ after: 0, signal: this.#ending.signal })) {
      if (message.type === "snapshot" && !this.before.has(message.host)) {
        this.before.set(message.host, message.last_event);
      }
      if (message.type !== "event") continue;
      const { host, id, type, subtype, payload } = message.event as SessionEvent & { host?: string };
      const ids = this.seen.get(host) ?? [];
      this.seen.set(host, ids);
      ids.push(id);
      if (type === "permission" && subtype === "asked") {
        onAsked(String((payload as { permission_id: string }).permission_id));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#following;
    await this.#hub[Symbol.asyncDispose]();
  }
}

/** Does something that a killed hub may make fail; returns whether it was done. What is refused is thrown. */
async function tryOnce(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof HubUnreachableError) return false;
    // A hub that is starting, and hosts that are away.
    if (error instanceof HubCallError && error.code === -32011) return false;
    throw error;
  }
}

/** A session, and on which host. */
interface Target {
  readonly host: string | undefined;
  readonly name: string;
}

/** Sends prompts to random sessions through the hub that shows all. */
export async function sendPrompts(
  machines: readonly Machine[],
  random: () => number,
  counts: Counts,
  isOver: () => boolean,
): Promise<void> {
  const all = machines.flatMap(({ host, sessions }) => sessions.map((name) => ({ host, name })));
  while (!isOver()) {
    const target = pick(random, all);
    const prompt = pick(random, PROMPTS);
    if (await tryOnce(() => withHub(machines[0]!, (hub) => send(hub, target, prompt)))) counts.prompts++;
    await new Promise((resolve) => setTimeout(resolve, random() * 400));
  }
}

async function send(hub: HubClient, { host, name }: Target, prompt: string): Promise<void> {
  const params = { session_name: name, ...(host === undefined ? {} : { host }) };
  const { queue } = await hub.call("session.get", params);
  if (queue.length < 5) await hub.call("prompt.send", { ...params, prompt });
}

/** Answers a permission through the hub that shows all, as often as it takes. */
export async function answer(main: Machine, permission: string, counts: Counts, isOver: () => boolean): Promise<void> {
  const params = { permission_id: permission, decision: "allow" } as const;
  const work = () => withHub(main, (hub) => hub.call("permission.answer", params));
  while (!isOver()) {
    try {
      if (await tryOnce(work)) return void counts.answers++;
    } catch (error) {
      // It was answered by an attempt whose reply was lost, or the hub has not heard of the host's question yet.
      if (error instanceof HubCallError && error.code === -32009) return void counts.answers++;
      if (!(error instanceof HubCallError && error.code === -32004)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function withHub(machine: Machine, work: (hub: HubClient) => Promise<unknown>): Promise<void> {
  await using hub = await machine.connect();
  await work(hub);
}
