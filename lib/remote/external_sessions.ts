/**
 * Sessions of the agent CLI that run outside of the hub, as the CLI itself lists them.
 *
 * @module
 */

import { agentCommand } from "../agent/environment.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import { processTree } from "../client/process_tree.ts";
import { runCommand } from "../client/run_command.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import type { Clock } from "../system/clock.ts";
import { RequestError } from "../system/request_error.ts";
import type { Topics } from "../system/topics.ts";
import type { OwnProcesses } from "./own_processes.ts";
import type { RemoteProject, RemoteProjects, RemoteSettings } from "./settings.ts";
import type { ExternalSession, RemoteNotice } from "./types.ts";
import { WhileWatched } from "./while_watched.ts";

/** The topic under which changes are told. */
const TOPIC = "external";
/** How long the CLI may take, in milliseconds, and how much it may print, in bytes. */
const [MAX_MS, MAX_BYTES] = [20_000, 4 << 20];

/** What is needed to find them. */
export interface ExternalSessionsOptions {
  /** The connection to the daemon, which runs the CLI. */
  readonly line: DaemonLine;
  /** The source of time. */
  readonly clock: Clock;
  /** How the CLI is started. */
  readonly settings: RemoteSettings;
  /** Tells those who watch. */
  readonly topics: Pick<Topics<RemoteNotice>, "publish" | "isWatched" | "onWatch">;
  /** The projects, to name the one in which a session runs. */
  readonly projects: RemoteProjects;
  /** Our own processes, which are left out. */
  readonly own: OwnProcesses;
  /** Called once when it fails, until it works again. */
  readonly onWarning: (message: string) => void;
}

/** Looks for sessions while somebody watches them, or asks for them. */
export class ExternalSessions implements Disposable {
  readonly #options: ExternalSessionsOptions;
  readonly #looks: WhileWatched;
  #known: readonly ExternalSession[] = [];
  #lookedAt: number | undefined;
  #looking: Promise<void> | undefined;
  #hasFailed = false;

  /** Looks for nothing yet. */
  constructor(options: ExternalSessionsOptions) {
    this.#options = options;
    const { topics, clock, settings } = options;
    this.#looks = new WhileWatched({
      ...{ topic: TOPIC, topics, clock },
      intervalMs: Math.max(settings.pollSeconds, 1) * 1_000,
      work: () => this.list(),
    });
  }

  /** Lists them, as they were not longer ago than they are looked for while somebody watches. */
  async list(): Promise<readonly ExternalSession[]> {
    const { clock, settings } = this.#options;
    const age = this.#lookedAt === undefined ? Infinity : clock.elapsed() - this.#lookedAt;
    if (age >= settings.pollSeconds * 1_000) await this.#look();
    return this.#known;
  }

  /** Looks no more. */
  [Symbol.dispose](): void {
    this.#looks[Symbol.dispose]();
  }

  #look(): Promise<void> {
    this.#looking ??= this.#tryLook().finally(() => this.#looking = undefined);
    return this.#looking;
  }

  /** What fails changes nothing but the log. */
  async #tryLook(): Promise<void> {
    const { clock, topics, onWarning } = this.#options;
    try {
      const found = await this.#find();
      this.#hasFailed = false;
      const isNew = JSON.stringify(found) !== JSON.stringify(this.#known);
      this.#known = found;
      if (isNew) topics.publish({ topic: TOPIC, external: found });
    } catch (error) {
      if (!(error instanceof ClaustrumError) && !(error instanceof SyntaxError)) throw error;
      if (!this.#hasFailed && !this.#looks.isClosed) {
        onWarning(`[remote] sessions outside of the hub cannot be listed: ${error.message}`);
      }
      this.#hasFailed = true;
    } finally {
      this.#lookedAt = clock.elapsed();
    }
  }

  async #find(): Promise<ExternalSession[]> {
    const { line, settings, projects, own } = this.#options;
    const { agentBinary, agentEnv, agentPathAppend, home } = settings;
    const env = { HOME: home, ...agentEnv };
    const args = ["agents", "--json"];
    const command = agentCommand({ program: agentBinary, args, keep: Object.keys(env), pathAppend: agentPathAppend });
    const client = await line.soon();
    const limits = { timeoutMs: MAX_MS, maxBytes: MAX_BYTES };
    const { code, stdout, stderr } = await runCommand(client, { ...command, env, cwd: home, ...limits });
    const text = new TextDecoder().decode(code === 0 ? stdout : stderr);
    if (code !== 0) throw new ClaustrumError(`${agentBinary} agents --json failed: ${text.trim().slice(0, 300)}`);
    const listed: unknown = JSON.parse(text);
    if (!Array.isArray(listed)) throw new ClaustrumError(`${agentBinary} agents --json printed no list`);
    if (listed.length === 0) return [];
    const [roots, tree, places] = await Promise.all([own.list(), processTree(client), placesOf(projects)]);
    const ours = new Set(roots.flatMap(({ pid }) => [pid, ...tree.below(pid)]));
    return listed.flatMap((one) => toSession(one, places)).filter(({ pid }) => !ours.has(pid));
  }
}

type Place = Pick<RemoteProject, "name" | "path">;

async function placesOf(projects: RemoteProjects): Promise<readonly Place[]> {
  try {
    return await projects.places();
  } catch (error) {
    // Without projects, sessions are in none.
    if (error instanceof RequestError) return [];
    throw error;
  }
}

function toSession(json: unknown, places: readonly Place[]): ExternalSession[] {
  if (typeof json !== "object" || json === null) return [];
  const { pid, cwd, sessionId, name, status, startedAt } = json as Readonly<Record<string, unknown>>;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0 || typeof cwd !== "string") return [];
  const place = places.find(({ path }) => cwd === path || cwd.startsWith(`${path}/`));
  const time = typeof startedAt === "number" ? new Date(startedAt) : undefined;
  return [{
    pid,
    project: place?.name ?? null,
    path: cwd,
    ...(typeof sessionId === "string" ? { session_id: sessionId } : {}),
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof status === "string" ? { status } : {}),
    ...(time === undefined || Number.isNaN(time.getTime()) ? {} : { started_at: time.toISOString() }),
  }];
}
