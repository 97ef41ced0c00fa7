import { findProgram } from "./program.ts";
import { readIfThere } from "./read_if_there.ts";
import { tempDir } from "./temp.ts";
import { waitFor } from "./wait.ts";

const SSHD = "/usr/sbin/sshd";
/** The directory that the server needs for privilege separation if it runs as root. */
const PRIVILEGE_DIRECTORY = "/run/sshd";

/** An SSH server of this user on the loopback interface. */
export interface SshServer extends AsyncDisposable {
  /** The port that the server listens on. */
  readonly port: number;
  readonly pid: number;
  /** The options with which a client finds the server's key and its own. */
  readonly options: readonly string[];
  /** Ends the server; connections that are open stay. */
  stop(): Promise<void>;
  /** Returns the command line of a client, to which the command to run is added. */
  client(...options: string[]): [program: string, args: string[]];
}

/** Whether an SSH server and a client are installed. */
export function hasSsh(): boolean {
  return [SSHD, "ssh", "ssh-keygen"].every(findProgram);
}

/**
 * Starts a server that accepts one generated key.
 *
 * @param env Additional environment variables of the sessions.
 * @param more More lines of the configuration.
 * @param keyOptions What stands before the key in the file of authorized keys, such as `restrict`.
 */
export async function startSshServer(
  env: Readonly<Record<string, string>> = {},
  more: readonly string[] = [],
  keyOptions = "",
): Promise<SshServer> {
  await using undo = new AsyncDisposableStack();
  const { path } = undo.use(await tempDir());
  for (const name of ["host", "user"]) {
    await run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", `${path}/${name}`);
  }
  const key = await Deno.readTextFile(`${path}/user.pub`);
  await Deno.writeTextFile(`${path}/authorized_keys`, `${keyOptions} ${key}`.trimStart());
  if (Deno.uid() === 0) await Deno.mkdir(PRIVILEGE_DIRECTORY, { recursive: true });
  const port = freePort();
  const config = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${path}/host`,
    `AuthorizedKeysFile ${path}/authorized_keys`,
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "PermitRootLogin yes",
    ...more,
    // In one line, because the server uses only the first `SetEnv`.
    ...Object.keys(env).length === 0
      ? []
      : [`SetEnv ${Object.entries(env).map(([name, value]) => `"${name}=${value}"`).join(" ")}`],
  ];
  await Deno.writeTextFile(`${path}/config`, config.join("\n") + "\n");
  // Into a file: a server that outlives a test must not have reads of its own in it.
  const args = ["-D", "-E", `${path}/log`, "-f", `${path}/config`];
  const server = new Deno.Command(SSHD, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  let stopping: Promise<void> | undefined;
  const stop = () =>
    stopping ??= (async () => {
      server.kill("SIGTERM");
      await server.status;
    })();
  undo.defer(stop);
  await waitFor("the SSH server", async () => (await readIfThere(`${path}/log`))?.includes("Server listening"));
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "IdentitiesOnly=yes"];
  const all = undo.move();
  const flags = ["-F", "none", "-i", `${path}/user`, ...options.flatMap((option) => ["-o", option])];
  return {
    port,
    pid: server.pid,
    options: flags,
    stop,
    client: (...more) => ["ssh", [...flags, "-p", String(port), ...more, "127.0.0.1"]],
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}
