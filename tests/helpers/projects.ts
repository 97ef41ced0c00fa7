import { connect } from "../../lib/client/connect.ts";
import { DaemonLine } from "../../lib/client/daemon_line.ts";
import type { HubNotice } from "../../lib/hub/hub_client.ts";
import { openProjects } from "../../lib/hub/open_projects.ts";
import { Clones } from "../../lib/projects/clones.ts";
import { ProjectHistory } from "../../lib/projects/history.ts";
import type { ProjectsOptions } from "../../lib/projects/project_options.ts";
import { Projects } from "../../lib/projects/projects.ts";
import type { ProjectNotice } from "../../lib/projects/types.ts";
import { ProjectUsage } from "../../lib/projects/usage.ts";
import type { Sessions } from "../../lib/sessions/sessions.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { Topics } from "../../lib/system/topics.ts";
import { startDaemon } from "./daemon.ts";
import { GIT_ENVIRONMENT } from "./repository.ts";
import { tempDir } from "./temp.ts";

/** A connection to a daemon that is not there. */
function noDaemon(): DaemonLine {
  return lineTo("/nonexistent/rpc.sock");
}

/** A connection to a daemon. */
export function lineTo(socket: string, token?: string): DaemonLine {
  return new DaemonLine({
    connect: (signal) => connect({ socket, signal, giveUpMs: 3_000, ...(token === undefined ? {} : { token }) }),
    clock: systemClock,
    onUp: () => {},
    onGone: () => {},
    onError: (error) => {
      throw error;
    },
  });
}

/** The projects of a test hub without a daemon. */
export interface IdleProjects extends AsyncDisposable {
  readonly projects: Projects;
  readonly clones: Clones;
  readonly usage: ProjectUsage;
  readonly history: ProjectHistory;
  readonly topics: Topics<HubNotice>;
}

/** Opens projects without a daemon. */
export function idleProjects(sessions: Sessions, root?: string, home = "/nonexistent"): IdleProjects {
  const line = noDaemon();
  const topics = new Topics<HubNotice>();
  const onError = (error: unknown) => console.error(error);
  const projects = openProjects({
    instances: () => [],
    root,
    home,
    allowsBypass: () => false,
    line,
    topics,
    sessions,
    clock: systemClock,
    onError,
  });
  const clones = new Clones({
    root: projects.root,
    config: { schemes: ["https", "ssh"], allowPrivate: false, allowed: [], maxMb: 100, timeoutSeconds: 60 },
    owner: home,
    line,
    clock: systemClock,
    publish: (notice) => topics.publish(notice),
    onError,
  });
  const usage = new ProjectUsage({
    home,
    path: `${home}/usage.db`,
    config: { mode: "cost", prices: {} },
    clock: systemClock,
  });
  return {
    projects,
    clones,
    usage,
    history: new ProjectHistory(home),
    topics,
    async [Symbol.asyncDispose]() {
      usage[Symbol.dispose]();
      await clones.swept;
      await clones[Symbol.asyncDispose]();
      await projects[Symbol.asyncDispose]();
      await line[Symbol.asyncDispose]();
    },
  };
}

/** A directory of projects, a home directory, and projects that are opened on them. */
export interface ProjectWorld extends AsyncDisposable {
  readonly directory: string;
  readonly root: string;
  readonly home: string;
  readonly projects: Projects;
  readonly topics: Topics<ProjectNotice>;
  readonly line: DaemonLine;
  /** What went wrong without a caller. */
  readonly errors: unknown[];
  /** Makes a directory in the root, with files. */
  make(name: string, files?: Readonly<Record<string, string>>): Promise<string>;
  /** Makes a repository in the root, with a commit of files. */
  repository(name: string, files?: Readonly<Record<string, string>>): Promise<string>;
}

/** Runs git without the user's configuration. */
export async function git(directory: string, ...args: string[]): Promise<string> {
  const command = new Deno.Command("git", { args: ["-C", directory, ...args], env: GIT_ENVIRONMENT, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trimEnd();
}

/** Writes files below a directory. */
export async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = `${directory}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}

/** Makes a repository with one commit on the branch `trunk`. */
export async function makeRepository(path: string, files: Readonly<Record<string, string>>): Promise<string> {
  await Deno.mkdir(path, { recursive: true });
  await git(path, "init", "--quiet", "--initial-branch=trunk");
  await writeFiles(path, files);
  await git(path, "add", ".");
  await git(path, "commit", "--quiet", "--allow-empty", "--message=first");
  return path;
}

/** Options of {@linkcode projectWorld}. */
export interface ProjectWorldOptions extends Partial<ProjectsOptions> {
  /** Whether there is a daemon. @default {false} */
  readonly hasDaemon?: boolean;
}

/** Prepares a world. */
export async function projectWorld({ hasDaemon = false, ...more }: ProjectWorldOptions = {}): Promise<ProjectWorld> {
  const stack = new AsyncDisposableStack();
  const directory = stack.use(await tempDir()).path;
  const [root, home] = [`${directory}/projects`, `${directory}/home`];
  await Deno.mkdir(root);
  await Deno.mkdir(home);
  const daemon = hasDaemon ? stack.use(await startDaemon()) : undefined;
  const line = stack.use(daemon === undefined ? noDaemon() : lineTo(daemon.socket, daemon.token));
  if (hasDaemon) await line.ready();
  const topics = new Topics<ProjectNotice>();
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const allowsBypass = () => false;
  const options = { root, home, allowsBypass, line, topics, clock: systemClock, onError, ...more };
  const projects = stack.use(new Projects(options));
  return {
    directory,
    root,
    home,
    projects,
    topics,
    line,
    errors,
    async make(name, files = {}) {
      await Deno.mkdir(`${root}/${name}`);
      await writeFiles(`${root}/${name}`, files);
      return `${root}/${name}`;
    },
    repository: (name, files = { "file": "1\n" }) => makeRepository(`${root}/${name}`, files),
    async [Symbol.asyncDispose]() {
      await stack.disposeAsync();
      if (errors.length > 0) throw new AggregateError(errors, "projects failed behind the scenes");
    },
  };
}
