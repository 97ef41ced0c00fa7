import { connect } from "../../lib/client/mod.ts";
import { Clones, type ClonesOptions } from "../../lib/projects/clones.ts";
import { ProjectRoot } from "../../lib/projects/project_root.ts";
import type { CloneJob, ProjectNotice } from "../../lib/projects/types.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { waitFor } from "../helpers/wait.ts";
import { type GitServer, startGitServer } from "../helpers/git_server.ts";

/** A daemon, an empty directory for projects, and a git server. */
export interface CloneWorld extends AsyncDisposable {
  readonly daemon: TestDaemon;
  readonly server: GitServer;
  readonly root: string;
  readonly notices: readonly ProjectNotice[];
  readonly errors: readonly unknown[];
  /** Makes clones, which are closed with the world. Hosts are on loopback, which is allowed. */
  clones(options?: Partial<ClonesOptions>): Clones;
  /** Makes clones as a hub does. */
  strictClones(): Clones;
  /** What is in the directory. */
  entries(): Promise<string[]>;
  /** The ids of the daemon's processes. */
  processes(): Promise<string[]>;
}

export const CONFIG = {
  schemes: ["https", "ssh"],
  allowPrivate: false,
  allowed: [],
  maxMb: 100,
  timeoutSeconds: 60,
};

/** Starts a world. */
export async function cloneWorld(env: Readonly<Record<string, string>> = {}): Promise<CloneWorld> {
  await using starting = new AsyncDisposableStack();
  const server = starting.use(await startGitServer());
  const daemon = starting.use(await startDaemon({ env: { GIT_SSL_CAINFO: server.certificateFile, ...env } }));
  const root = `${daemon.directory}/projects`;
  await Deno.mkdir(root);
  const client = starting.use(await connect({ socket: daemon.socket, token: daemon.token }));
  const notices: ProjectNotice[] = [];
  const errors: unknown[] = [];
  const parts = starting.move();
  const base = {
    root: new ProjectRoot(root),
    config: CONFIG,
    owner: root,
    line: { soon: () => Promise.resolve(client) },
    clock: systemClock,
    publish: (notice: ProjectNotice) => void notices.push(notice),
    onError: (error: unknown) => void errors.push(error),
  };
  const loopback = { resolve: () => Promise.resolve(["127.0.0.1"]), judge: () => undefined };
  return {
    daemon,
    server,
    root,
    notices,
    errors,
    clones: (options = {}) => parts.use(new Clones({ ...base, ...loopback, ...options })),
    strictClones: () => parts.use(new Clones(base)),
    entries: async () => (await Array.fromAsync(Deno.readDir(root))).map(({ name }) => name).sort(),
    processes: async () => (await client.call("process.list")).processes.map(({ id }) => id),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Waits until a clone has ended. */
export function whenEnded(clones: Clones, id: string): Promise<CloneJob> {
  return waitFor("the clone to end", () => clones.list().find((job) => job.id === id && job.status !== "running"));
}
