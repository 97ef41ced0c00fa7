/**
 * Starts sessions: new ones, forks of conversations, and those that are stopped.
 *
 * @module
 */

import { findTranscript } from "../claude_home/transcript.ts";
import type { Client } from "../client/connect.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import type { Store } from "../store/store.ts";
import type { Changes } from "./changes.ts";
import type { PromptQueue } from "./prompt_queue.ts";
import { type SessionRecord, toRow } from "./record.ts";
import { nameAfter } from "./references.ts";
import { SessionError } from "./session_error.ts";
import type { SessionList } from "./session_list.ts";
import type { SessionRunner } from "./session_runner.ts";
import type { SessionSettings } from "./settings.ts";
import { BYPASS, DEFAULT_MODE, type StartChecks } from "./start_checks.ts";
import { commitAt, makeWorktree, unmakeWorktree } from "./start_place.ts";
import { isLive } from "./state.ts";
import type { ResumeOptions, Session, StartParams } from "./types.ts";

/** What is needed to start sessions. */
export interface SessionStartsOptions {
  /** The store. */
  readonly store: Store;
  /** The settings. */
  readonly settings: SessionSettings;
  /** The connection to the daemon. */
  readonly line: DaemonLine;
  /** Changes of sessions. */
  readonly changes: Changes;
  /** All sessions. */
  readonly sessions: SessionList;
  /** What has to hold before a session may start. */
  readonly checks: StartChecks;
  /** The prompts that wait. */
  readonly prompts: PromptQueue;
  /** Makes the runner of a record, and adds it to the sessions. */
  readonly add: (record: SessionRecord) => SessionRunner;
}

/** See the module comment. */
export class SessionStarts {
  readonly #options: SessionStartsOptions;

  /** Starts no session yet. */
  constructor(options: SessionStartsOptions) {
    this.#options = options;
  }

  /**
   * Starts a new session; settles when its agent is ready, or has ended.
   *
   * @throws {SessionError} If it cannot be started.
   */
  async start(params: StartParams): Promise<Session> {
    const { line, checks, prompts } = this.#options;
    const client = await line.soon();
    const path = await checks.directory(params.path);
    await checks.checkStart(params, path);
    const begin = (runner: SessionRunner) => {
      runner.apply({ type: "start" });
      if (params.prompt !== undefined) prompts.add(runner, params.prompt);
    };
    const runner = params.worktree === undefined
      ? this.#create(checks.newRecord(params, path, await commitAt(client, path)), begin)
      : await this.#createInWorktree(client, params, path, params.worktree, begin);
    await runner.until(({ state }) => state.status !== "starting");
    return runner.toSession();
  }

  /**
   * Starts a new session that goes on from the conversation of another one.
   *
   * @throws {SessionError} If there is no conversation, or the session cannot be started.
   */
  async fork(reference: string, { name }: { readonly name?: string | undefined }): Promise<Session> {
    const { sessions, settings } = this.#options;
    const { record } = sessions.find(reference);
    if (await findTranscript(settings.home, record.claudeSessionId) === undefined) {
      throw new SessionError(
        "conflict",
        `session "${record.name}" has no conversation yet: start a new session instead`,
      );
    }
    return await this.start({
      path: record.path,
      resume: record.claudeSessionId,
      fork: true,
      name: name ?? nameAfter(`${record.name}-fork`, sessions.names()),
      claude_args: record.claudeArgs,
      permission_mode: record.permissionMode === BYPASS ? DEFAULT_MODE : record.permissionMode,
      policy: record.policy === "allow" ? "ask" : record.policy,
      ...(record.chosenModel === null ? {} : { model: record.chosenModel }),
    });
  }

  /**
   * Starts the agent of a session that is stopped; settles when it is ready, or has ended.
   *
   * @throws {SessionError} If the session runs, or cannot be started.
   */
  async resume(reference: string, options: ResumeOptions): Promise<Session> {
    const { sessions, checks, changes } = this.#options;
    const runner = sessions.find(reference);
    checkStopped(runner);
    await checks.checkResume(runner, options);
    checkStopped(runner);
    checks.checkFree(runner);
    changes.run(() => runner.apply({ type: "start" }));
    await runner.until(({ state }) => state.status !== "starting");
    return runner.toSession();
  }

  /** Makes a work tree, and a session in it. Of a work tree without a session, nothing is left. */
  async #createInWorktree(
    client: Client,
    params: StartParams,
    path: string,
    branch: string,
    begin: (runner: SessionRunner) => void,
  ): Promise<SessionRunner> {
    const { checks } = this.#options;
    const { start, ...worktree } = await makeWorktree(client, path, branch);
    try {
      // It is the same code as in the repository, which is trusted.
      await checks.checkTrust(start, true);
      const base = await commitAt(client, start);
      return this.#create(checks.newRecord(params, start, base, worktree), begin);
    } catch (error) {
      await unmakeWorktree(client, worktree);
      throw error;
    }
  }

  /** Stores a new session together with its first change, so that a failure leaves nothing of it. */
  #create(record: SessionRecord, begin: (runner: SessionRunner) => void): SessionRunner {
    const { store, changes, sessions, add } = this.#options;
    try {
      return changes.run(() => {
        store.sessions.insert(toRow(record));
        const runner = add(record);
        begin(runner);
        return runner;
      });
    } catch (error) {
      sessions.delete(record.id);
      throw error;
    }
  }
}

function checkStopped({ record }: SessionRunner): void {
  if (isLive(record.state)) throw new SessionError("conflict", `session "${record.name}" is running`);
}
