import { claustrum } from "./command.ts";
import { CLI, plainEnvironment } from "./daemon.ts";
import { startSshServer } from "./ssh_server.ts";
import { standInAgent } from "./stand_in_agent.ts";
import { tempDir } from "./temp.ts";

/** A home directory that is reached over SSH, as if it were another machine. */
export interface FarHost extends AsyncDisposable {
  readonly home: string;
  readonly port: number;
  /** The options with which `ssh` finds it. */
  readonly options: readonly string[];
  /** The process of the SSH server. */
  readonly serverPid: number;
  /** Ends the SSH server; open connections stay. */
  stopServer(): Promise<void>;
}

/** Options of {@linkcode farHost}. */
export interface FarHostOptions {
  /** Whether claustrum is installed there. @default {true} */
  readonly isInstalled?: boolean;
  /** Whether its agents are stand-ins, instead of nothing that answers. @default {false} */
  readonly hasAgent?: boolean;
  /** The program of its agents. @default {as `hasAgent` says} */
  readonly agent?: string;
  /** More lines of the server's configuration. */
  readonly server?: readonly string[];
  /** The file of known hosts, whose keys are checked. @default {all keys are right} */
  readonly knownHosts?: string;
  /** Whether that file has another key of the host. @default {false} */
  readonly isOtherKeyKnown?: boolean;
  /** Whether a server listens. @default {true} */
  readonly isServed?: boolean;
  /** Whether what listens never says anything. @default {false} */
  readonly isSilent?: boolean;
  /** The only directory in which its programs are found. @default {the usual ones} */
  readonly path?: string;
  /** The name of a directory in its home whose directories are projects. @default {none} */
  readonly projects?: string;
  /** What stands before the key in the file of authorized keys, such as `restrict`. */
  readonly keyOptions?: string;
  /** What the start-up file of bash does. @default {there is none} */
  readonly bashrc?: string;
  /** A login shell, which prints a greeting to stdout and stderr. */
  readonly noisyShell?: string;
}

/** Starts an SSH server for a home directory of its own. */
export async function farHost(options: FarHostOptions = {}): Promise<FarHost> {
  const { isInstalled = true, server: lines = [], isServed = true, isSilent = false } = options;
  await using stack = new AsyncDisposableStack();
  const { path: home } = stack.use(await tempDir());
  const bin = `${home}/.local/bin`;
  await Deno.mkdir(bin, { recursive: true });
  if (isInstalled) await writeLauncher(`${bin}/claustrum`);
  stack.defer(async () => {
    await claustrum(home, ["hub", "stop", "--sessions"]);
    await claustrum(home, ["stop", "--yes"]);
  });
  const standIn = async () => options.hasAgent === true ? (await standInAgent(home)).program : "/bin/sh";
  const agent = options.agent ?? await standIn();
  const env = {
    ...plainEnvironment(home),
    CLAUSTRUM_AGENT_BINARY: agent,
    ...(options.path === undefined ? {} : { PATH: options.path }),
    ...(options.projects === undefined ? {} : { CLAUSTRUM_PROJECTS_ROOT: `${home}/${options.projects}` }),
  };
  if (options.projects !== undefined) await Deno.mkdir(`${home}/${options.projects}`);
  if (options.bashrc !== undefined) await Deno.writeTextFile(`${home}/.bashrc`, options.bashrc);
  const more = [...lines, ...await shellLines(home, options.noisyShell)];
  const server = stack.use(await startSshServer(env, more, options.keyOptions));
  if (!isServed) await server.stop();
  const silent = stack.use(silentServer());
  const port = isSilent ? silent.port : server.port;
  const flags = await keyOptions(options, port);
  const all = stack.move();
  return {
    home,
    port,
    // The first value of an option counts.
    options: [...flags, ...server.options],
    serverPid: server.pid,
    stopServer: server.stop,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function writeLauncher(path: string): Promise<void> {
  const text = `#!/bin/sh\nexec '${Deno.execPath()}' run --quiet --no-prompt -A '${CLI}' "$@"\n`;
  await Deno.writeTextFile(path, text, { mode: 0o755 });
}

/** Has the server run each command in a shell that greets, as a login shell with such start-up files does. */
async function shellLines(home: string, shell: string | undefined): Promise<string[]> {
  if (shell === undefined) return [];
  const wrapper = `${home}/shell`;
  const text =
    `#!/bin/sh\nprintf 'Welcome!\\nto the box '\necho 'beware' >&2\nexec ${shell} -c "$SSH_ORIGINAL_COMMAND"\n`;
  await Deno.writeTextFile(wrapper, text, { mode: 0o755 });
  return [`ForceCommand ${wrapper}`];
}

async function keyOptions({ knownHosts, isOtherKeyKnown = false }: FarHostOptions, port: number): Promise<string[]> {
  if (knownHosts === undefined) return [];
  if (isOtherKeyKnown) {
    const key = `${knownHosts}.key`;
    await new Deno.Command("ssh-keygen", { args: ["-q", "-t", "ed25519", "-N", "", "-f", key] }).output();
    await Deno.writeTextFile(knownHosts, `[127.0.0.1]:${port} ${await Deno.readTextFile(`${key}.pub`)}`);
  }
  return ["-o", "StrictHostKeyChecking=ask", "-o", `UserKnownHostsFile=${knownHosts}`];
}

/** A server that accepts connections and never says anything. */
function silentServer(): AsyncDisposable & { readonly port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) open.push(connection);
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const connection of open) connection.close();
    },
  };
}
