/**
 * A real daemon and a real hub, in processes of their own, whose sessions run an agent CLI against a fake model API.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { connectHub } from "../../lib/hub/connect_hub.ts";
import type { HubClient } from "../../lib/hub/hub_client.ts";
import type { OperationName, OperationParams, OperationResult } from "../../lib/hub/operation_types.ts";
import type { PendingPermission, Session, SessionEvent } from "../../lib/sessions/types.ts";
import { readLockRecord } from "../../lib/system/lock_file.ts";
import { claustrum } from "../helpers/command.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";
import { type FakeModelApi, startFakeModelApi } from "./fake_model_api.ts";
import { replyInWords } from "./model_words.ts";

/** The CLI remembers approved keys by their last 20 characters. */
const KEY = "sk-ant-nobody-0123456789-0123456789";
const POLL_MS = 20;
/** How long anything may take, in milliseconds. */
const DEADLINE_MS = 20_000;

/** A daemon, a hub and a model. */
export interface HubWorld extends AsyncDisposable {
  readonly home: string;
  /** The directory of the hub's files. */
  readonly state: string;
  readonly model: FakeModelApi;
  /** All events so far, as a follower of all sessions got them. */
  readonly followed: readonly SessionEvent[];
  /** Calls the hub. */
  call<N extends OperationName>(name: N, params: OperationParams<N>): Promise<OperationResult<N>>;
  /** Starts a session in a directory of its own, with more arguments for the CLI. */
  start(name: string, claudeArgs?: readonly string[]): Promise<Session>;
  /** Waits until a session is as it should be. */
  until(id: string, what: string, isTrue: (session: Session) => boolean): Promise<Session>;
  /** Waits for an event of a session that the follower has got. */
  event(id: string, what: string, fits: (event: SessionEvent) => boolean): Promise<SessionEvent>;
  /** Sends a prompt and returns its id. */
  send(id: string, prompt: string): Promise<string>;
  /** Waits until a prompt is done, and returns the text of the result that came before. */
  done(id: string, promptId: string): Promise<string>;
  /** Sends a prompt, waits until it is done, and returns the text of the result. */
  ask(id: string, prompt: string): Promise<string>;
  /** Sends a prompt and waits until the model has begun to answer. */
  begin(id: string, prompt: string): Promise<string>;
  /** Waits for a question of a session. */
  question(id: string): Promise<PendingPermission>;
  /** All events of a session, as the hub has stored them. */
  events(id: string): Promise<SessionEvent[]>;
  /** Kills the hub with SIGKILL. */
  killHub(): Promise<void>;
  /** Kills the daemon with SIGKILL. */
  killDaemon(): Promise<void>;
  /** Starts the hub and the daemon where they do not run. */
  startHub(): Promise<void>;
}

/** Variables with which the CLI talks to the fake model alone. */
export function agentEnvironment(url: string): Record<string, string> {
  return {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: KEY,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_TELEMETRY: "1",
    DISABLE_AUTOUPDATER: "1",
    DISABLE_ERROR_REPORTING: "1",
  };
}

/** Prepares a home directory in which the CLI asks nothing when it starts in a terminal. */
export async function prepareHome(home: string, trusted: string): Promise<void> {
  const settings = {
    hasCompletedOnboarding: true,
    hasSeenAutoDefaultNudge: true,
    customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
    projects: { [trusted]: { hasTrustDialogAccepted: true } },
  };
  await Deno.writeTextFile(`${home}/.claude.json`, JSON.stringify(settings));
}

/** Starts them. */
export async function startHubWorld(program: string): Promise<HubWorld> {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await tempDir()).path;
  const model = stack.use(startFakeModelApi(replyInWords));
  const [work, state, config] = [`${home}/work`, `${home}/hub`, `${home}/hub.toml`];
  await Deno.mkdir(work);
  await prepareHome(home, work);
  const env = Object.entries(agentEnvironment(model.url)).map(([name, value]) =>
    `${name} = ${JSON.stringify(value)}\n`
  );
  const text = `listen = ""\n[agent]\nbinary = ${JSON.stringify(program)}\n[agent.env]\n${env.join("")}`;
  await Deno.writeTextFile(config, text, { mode: 0o600 });
  const hub = (command: string, ...flags: string[]) =>
    claustrum(home, ["hub", command, "--state-dir", state, ...flags], { env: { SHELL: "/bin/bash" } });
  const startHub = async () => {
    const { code, stderr } = await hub("start", "--no-web", "--config", config);
    assertEquals([code, stderr], [0, ""]);
  };
  stack.defer(async () => {
    await hub("stop", "--sessions");
    await claustrum(home, ["stop", "--yes"]);
    await new Deno.Command("tmux", { args: ["-S", `${state}/tmux.sock`, "kill-server"], stderr: "null" }).output();
  });
  await startHub();
  const token = (await Deno.readTextFile(`${state}/hub.token`)).trim();
  const client = stack.use(await connectHub({ socket: `${state}/hub.sock`, token }));
  const follower = stack.use(follow(client));
  const moved = stack.move();
  const call: HubWorld["call"] = (name, params) => client.call(name, params);
  const kill = async (lock: string) => {
    const { pid } = readLockRecord(lock)!;
    Deno.kill(pid, "SIGKILL");
    await waitFor("the end of what was killed", () => !isAlive(pid));
  };
  const { followed, event } = follower;
  const world: HubWorld = {
    home,
    state,
    model,
    followed,
    call,
    event,
    startHub,
    killHub: () => kill(`${state}/hub.lock`),
    killDaemon: () => kill(`${home}/.claude/remote/daemon.lock`),
    async start(name, claudeArgs = []) {
      await Deno.mkdir(`${work}/${name}`);
      return await call("session.start", { name, path: `${work}/${name}`, claude_args: claudeArgs });
    },
    async until(id, what, isTrue) {
      let session: Session | undefined;
      for (const end = performance.now() + DEADLINE_MS;;) {
        session = await call("session.get", { session_name: id });
        if (isTrue(session)) return session;
        if (performance.now() > end) throw new Error(`Gave up waiting for ${what}: ${JSON.stringify(session)}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    send: async (id, prompt) => (await call("prompt.send", { session_name: id, prompt })).prompt_id,
    async done(id, promptId) {
      const isDone = ({ type, subtype, payload }: SessionEvent) =>
        type === "prompt" && subtype === "done" && (payload as { prompt_id: string }).prompt_id === promptId;
      const done = await event(id, `the end of prompt ${promptId}`, isDone);
      const results = followed.filter(({ session, type, id: at }) =>
        session === id && type === "result" && at < done.id
      );
      return String((results.at(-1)?.payload as { result?: string })?.result);
    },
    async ask(id, prompt) {
      return await world.done(id, await world.send(id, prompt));
    },
    async begin(id, prompt) {
      const calls = model.calls.length;
      const sent = await world.send(id, prompt);
      await waitFor("a call of the model", () => model.calls.length > calls, DEADLINE_MS);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return sent;
    },
    async question(id) {
      await world.until(id, "a question", ({ permissions }) => permissions.length > 0);
      return (await call("permissions.list", {})).find(({ session }) => session === id)!;
    },
    async events(id) {
      const events: SessionEvent[] = [];
      for (;;) {
        const after = events.at(-1)?.id ?? 0;
        const page = await call("session.events", { session_name: id, after });
        if (page.length === 0) return events;
        events.push(...page);
      }
    },
    [Symbol.asyncDispose]: () => moved[Symbol.asyncDispose](),
  };
  return world;
}

/** Follows all sessions, however often the hub is killed. */
function follow(client: HubClient): Pick<HubWorld, "followed" | "event"> & AsyncDisposable {
  const followed: SessionEvent[] = [];
  const end = new AbortController();
  const following = (async () => {
    for await (const message of client.follow({ after: 0, signal: end.signal })) {
      if (message.type === "event") followed.push(message.event);
    }
  })();
  return {
    followed,
    event: (id, what, fits) =>
      waitFor(what, () => followed.find((one) => one.session === id && fits(one)), DEADLINE_MS),
    async [Symbol.asyncDispose]() {
      end.abort();
      await following;
    },
  };
}
