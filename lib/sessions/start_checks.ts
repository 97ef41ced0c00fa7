/**
 * What has to hold before a session may start.
 *
 * @module
 */

import { AgentArgumentError, checkClaudeArgs, splitWords } from "../agent/arguments.ts";
import { findTranscript } from "../claude_home/transcript.ts";
import { isTrusted, keepTrusted, trust } from "../claude_home/trust.ts";
import { TrustError } from "../claude_home/trust_error.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import type { Clock } from "../system/clock.ts";
import { isMissing } from "../system/errno.ts";
import type { ConversationGuard } from "./conversation_guard.ts";
import { checkPrompt } from "./prompt_queue.ts";
import { newRecord, type RecordedWorktree, type SessionRecord } from "./record.ts";
import { checkName, nameAfter } from "./references.ts";
import { SessionError } from "./session_error.ts";
import type { SessionList } from "./session_list.ts";
import type { SessionRunner } from "./session_runner.ts";
import type { SessionSettings } from "./settings.ts";
import type { PermissionPolicy, ResumeOptions, StartParams } from "./types.ts";

/** The permission mode that asks for nothing. */
export const BYPASS = "bypassPermissions";
const MODES: ReadonlySet<string> = new Set(["default", "acceptEdits", "plan", "dontAsk", "auto", BYPASS]);
/** The permission mode of a session for which none is chosen. */
export const DEFAULT_MODE = "default";

/** What the checks work with. */
export interface StartChecksOptions {
  /** All sessions. */
  readonly sessions: SessionList;
  /** The settings. */
  readonly settings: SessionSettings;
  /** The connection to the daemon. */
  readonly line: DaemonLine;
  /** Knows which conversations are in use by others. */
  readonly guard: ConversationGuard;
  /** The source of time. */
  readonly clock: Clock;
  /** Waits for work that no caller waits for. */
  readonly track: (work: Promise<void>) => void;
}

/** See the module comment. */
export class StartChecks {
  readonly #sessions: SessionList;
  readonly #settings: SessionSettings;
  readonly #line: DaemonLine;
  readonly #guard: ConversationGuard;
  readonly #clock: Clock;
  readonly #track: (work: Promise<void>) => void;

  /** Creates the checks. */
  constructor({ sessions, settings, line, guard, clock, track }: StartChecksOptions) {
    this.#sessions = sessions;
    this.#settings = settings;
    this.#line = line;
    this.#guard = guard;
    this.#clock = clock;
    this.#track = track;
  }

  /**
   * Checks the parameters of a new session.
   *
   * @param path The directory of the session, resolved.
   * @throws {SessionError} If the session cannot start with them.
   */
  async checkStart(params: StartParams, path: string): Promise<void> {
    const mode = params.permission_mode ?? DEFAULT_MODE;
    checkMode(mode);
    if (mode === BYPASS || this.#policyOf(params) === "allow") this.checkBypass(path, params.confirm);
    readClaudeArgs(params.claude_args);
    if (params.name !== undefined) checkName(params.name, this.#sessions.names());
    this.#checkRoom();
    if (params.prompt !== undefined) checkPrompt(params.prompt);
    await this.checkTrust(path, params.trust ?? false);
    const { resume, fork = false } = params;
    if (fork && resume === undefined) throw new SessionError("bad_params", "fork needs resume: name the conversation");
    if (resume !== undefined) await this.#checkConversation(resume, fork);
  }

  /**
   * Makes the record of a new session. What others may have taken meanwhile is checked here, and not awaited.
   *
   * @throws {SessionError} If another session has taken the name, the conversation or the last free place.
   */
  newRecord(
    params: StartParams,
    path: string,
    base: string | null,
    worktree?: RecordedWorktree,
  ): SessionRecord {
    const { resume, fork = false } = params;
    this.checkDaemon();
    const taken = this.#sessions.names();
    const name = params.name === undefined ? nameAfter(path, taken) : checkName(params.name, taken);
    this.#checkRoom();
    if (resume !== undefined && !fork) this.#checkOwn(resume);
    return newRecord({
      id: crypto.randomUUID(),
      name,
      path,
      createdAt: this.#clock.now(),
      claudeSessionId: resume === undefined || fork ? crypto.randomUUID() : resume,
      origin: resume === undefined ? { kind: "new" } : fork ? { kind: "fork", from: resume } : { kind: "resume" },
      chosenModel: params.model ?? null,
      permissionMode: params.permission_mode ?? DEFAULT_MODE,
      policy: this.#policyOf(params),
      claudeArgs: readClaudeArgs(params.claude_args),
      base,
      ...(worktree === undefined ? {} : { worktree }),
    });
  }

  /**
   * Checks that a stopped session can go on.
   *
   * @throws {SessionError} If it cannot.
   */
  async checkResume(runner: SessionRunner, { confirm, trust = false }: ResumeOptions = {}): Promise<void> {
    const { record } = runner;
    this.checkFree(runner);
    const isBypass = record.permissionMode === BYPASS || record.policy === "allow";
    if (isBypass) this.checkBypass(bypassPath(record), confirm);
    const path = await this.directory(record.path);
    if (path !== record.path) {
      throw new SessionError(
        "conflict",
        `${record.path} now leads to ${path}, where the agent has not been: start a new session there`,
      );
    }
    await this.checkTrust(path, trust, "resume the session");
    await this.#guard.check(record.claudeSessionId, record.process?.pid ?? record.formerPid);
  }

  /**
   * Checks what others may take at any time; to be called right before a session is started.
   *
   * @throws {SessionError} If the session cannot start now.
   */
  checkFree({ record }: SessionRunner): void {
    this.checkDaemon();
    this.#checkRoom();
    this.#checkOwn(record.claudeSessionId);
  }

  /**
   * Checks that agents can be started, soon if not now.
   *
   * @throws {SessionError} If the daemon is gone.
   */
  checkDaemon(): void {
    if (this.#line.isGone) {
      throw new SessionError(
        "unavailable",
        "the daemon cannot be reached: claustrum hub start starts one, then try again",
      );
    }
  }

  /**
   * Returns the directory that a path leads to.
   *
   * @throws {SessionError} If there is none.
   */
  async directory(path: string): Promise<string> {
    if (!path.startsWith("/")) throw new SessionError("bad_params", `path "${path}" must be absolute`);
    try {
      const real = await Deno.realPath(path);
      if ((await Deno.stat(real)).isDirectory) return real;
    } catch (error) {
      if (!isMissing(error)) {
        throw new SessionError("bad_params", `path "${path}" cannot be used: ${(error as Error).message}`, {
          cause: error,
        });
      }
      throw new SessionError("bad_params", `path "${path}" does not exist`);
    }
    throw new SessionError("bad_params", `path "${path}" is not a directory`);
  }

  /**
   * Checks that the user trusts a directory.
   *
   * @param mayTrust Whether to record that the user trusts it.
   * @param next What to do with trust.
   * @throws {SessionError} If the user does not trust it, or it cannot be recorded.
   */
  async checkTrust(path: string, mayTrust: boolean, next = "start a session"): Promise<void> {
    const { home } = this.#settings;
    try {
      if (await isTrusted(home, path)) return;
      if (!mayTrust) {
        throw new SessionError("refused", `${path} is not trusted yet: look at it, then ${next} with trust`);
      }
      await trust(home, path);
    } catch (error) {
      if (error instanceof TrustError) throw new SessionError("conflict", error.message, { cause: error });
      throw error;
    }
    this.#track(keepTrusted(home, path, { clock: this.#clock, signal: this.#line.signal }));
  }

  /**
   * Checks that a session may do everything in a directory without asking.
   *
   * @param confirm The name of the directory, which the user repeats.
   * @throws {SessionError} If the configuration does not allow it, or the name is another.
   */
  checkBypass(path: string, confirm: string | undefined): void {
    if (!this.#settings.mayBypass(path)) {
      throw new SessionError(
        "refused",
        `the configuration does not allow to bypass permissions in ${path}: set allow_bypass_permissions for it`,
      );
    }
    const name = path.split("/").at(-1) ?? "";
    if (confirm !== name) {
      throw new SessionError("refused", `to bypass permissions, repeat the directory's name: confirm "${name}"`);
    }
  }

  async #checkConversation(id: string, isFork: boolean): Promise<void> {
    if (await findTranscript(this.#settings.home, id) === undefined) {
      throw new SessionError("unknown", `there is no conversation ${id}`);
    }
    if (isFork) return;
    this.#checkOwn(id);
    await this.#guard.check(id);
  }

  /** Checks that no session of ours is in a conversation. */
  #checkOwn(id: string): void {
    const own = this.#sessions.live().find(({ claudeSessionId }) => claudeSessionId === id);
    if (own !== undefined) throw new SessionError("conflict", `session "${own.name}" is in the conversation ${id}`);
  }

  #checkRoom(): void {
    const { max } = this.#settings;
    const live = this.#sessions.live().length;
    if (max > 0 && live >= max) {
      throw new SessionError(
        "conflict",
        `${live} sessions are running, which is the most (sessions.max): stop one first`,
      );
    }
  }

  #policyOf({ policy = this.#settings.policy }: StartParams): PermissionPolicy {
    return policy;
  }
}

/** Returns the directory for which permissions are configured: a work tree counts as its repository. */
export function bypassPath({ path, worktree }: SessionRecord): string {
  return worktree?.repository ?? path;
}

/**
 * Checks the name of a permission mode.
 *
 * @throws {SessionError} If there is no such mode.
 */
export function checkMode(mode: string): void {
  if (!MODES.has(mode)) {
    throw new SessionError("bad_params", `permission_mode "${mode}" must be one of ${[...MODES].join(", ")}`);
  }
}

function readClaudeArgs(given: StartParams["claude_args"]): string[] {
  try {
    return checkClaudeArgs(typeof given === "string" ? splitWords(given) : given ?? []);
  } catch (error) {
    if (error instanceof AgentArgumentError) throw new SessionError("refused", error.message, { cause: error });
    throw error;
  }
}
