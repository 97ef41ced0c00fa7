import { freePort } from "./nats_server.ts";
import { readIfThere } from "./read_if_there.ts";
import { tempDir } from "./temp.ts";
import { waitFor } from "./wait.ts";

const SSHD = "/usr/sbin/sshd";
/** The number of the first user; no ordinary user of a machine has it. */
const FIRST_ID = 21_000;
/** The programs of the agents, which all users may read. */
const AGENT = new URL("../programs/agent.ts", import.meta.url).pathname;

/** A user of an {@linkcode SshUsers}. */
export interface SshUser {
  /** The name. */
  readonly name: string;
  /** The login shell. @default {"/bin/bash"} */
  readonly shell?: string;
  /** What stands before the key in the file of authorized keys. */
  readonly keyOptions?: string;
  /** Files in the home directory, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether claustrum is there. @default {true} */
  readonly isInstalled?: boolean;
}

/** A private SSH server with users of its own, whom this machine does not know otherwise. */
export interface SshUsers extends AsyncDisposable {
  readonly port: number;
  /** The options with which `ssh` finds the server's key and its own. */
  readonly options: readonly string[];
  /** The home directory of a user. */
  homeOf(name: string): string;
}

/** Whether this user may give a server users of its own. */
export async function canHaveUsers(): Promise<boolean> {
  if (Deno.uid() !== 0) return false;
  const { success } = await new Deno.Command("unshare", { args: ["-m", "mount", "--bind", "/tmp", "/tmp"] }).output();
  return success;
}

/**
 * Starts a server that has a private view of the list of users: nothing of the machine is changed.
 *
 * @param release The directory of a packed release, from which users have claustrum, and their agents the runtime.
 */
export async function sshUsers(users: readonly SshUser[], release: string): Promise<SshUsers> {
  await using undo = new AsyncDisposableStack();
  const { path } = undo.use(await tempDir());
  await Deno.chmod(path, 0o711);
  for (const name of ["host", "user"]) {
    await run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", `${path}/${name}`);
  }
  const key = await Deno.readTextFile(`${path}/user.pub`);
  const agent = await writeAgent(path, release);
  const homeOf = (name: string) => `${path}/home/${name}`;
  undo.defer(() => stopAll(users, path, homeOf));
  for (const [index, user] of users.entries()) await makeHome(user, FIRST_ID + index, { path, key, release, homeOf });
  await addUsers(users, path, homeOf);
  await Deno.mkdir("/run/sshd", { recursive: true });
  const port = freePort();
  const config = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${path}/host`,
    `AuthorizedKeysFile ${path}/keys/%u`,
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "MaxStartups 100",
    `SetEnv "CLAUSTRUM_AGENT_BINARY=${agent}" "NO_COLOR=1"`,
  ];
  await Deno.writeTextFile(`${path}/config`, `${config.join("\n")}\n`);
  const binds = ["passwd", "group", "shadow"].map((file) => `mount --bind ${path}/${file} /etc/${file}`).join(" && ");
  const args = ["-m", "sh", "-c", `${binds} && exec ${SSHD} -D -E ${path}/log -f ${path}/config`];
  const server = new Deno.Command("unshare", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  undo.defer(async () => {
    server.kill("SIGTERM");
    await server.status;
  });
  await waitFor("the SSH server", async () => (await readIfThere(`${path}/log`))?.includes("Server listening"));
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "IdentitiesOnly=yes"];
  const all = undo.move();
  return {
    port,
    options: ["-F", "none", "-i", `${path}/user`, ...options.flatMap((option) => ["-o", option])],
    homeOf,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** A stand-in for the agent that keeps its logs in the home directory of who runs it. */
async function writeAgent(path: string, release: string): Promise<string> {
  const program = `${path}/claude`;
  const words = `'${release}/deno' run -A --quiet --no-config --no-lock '${AGENT}'`;
  const text =
    `#!/bin/sh\nmkdir -p "$HOME/agent-logs"\nSTAND_IN_LOG_DIR="$HOME/agent-logs" DENO_DIR="$HOME/.deno" exec ${words} "$@"\n`;
  await Deno.writeTextFile(program, text);
  await Deno.chmod(program, 0o755);
  return program;
}

interface Place {
  readonly path: string;
  readonly key: string;
  readonly release: string;
  readonly homeOf: (name: string) => string;
}

async function makeHome(user: SshUser, id: number, { path, key, release, homeOf }: Place): Promise<void> {
  const { name, keyOptions = "", files = {}, isInstalled = true } = user;
  const home = homeOf(name);
  const launcher = `#!/bin/sh\nexec '${release}/claustrum' "$@"\n`;
  const all = { ...files, ...(isInstalled ? { ".local/bin/claustrum": launcher } : {}) };
  await Deno.mkdir(home, { recursive: true });
  for (const [file, text] of Object.entries(all)) {
    await Deno.mkdir(`${home}/${file}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${home}/${file}`, text, { mode: 0o755 });
  }
  await run("chown", "-R", `${id}:${id}`, home);
  await Deno.chmod(`${path}/home`, 0o711);
  await Deno.mkdir(`${path}/keys`, { recursive: true });
  await Deno.chmod(`${path}/keys`, 0o711);
  await Deno.writeTextFile(`${path}/keys/${name}`, `${keyOptions} ${key}`.trimStart());
  await Deno.chmod(`${path}/keys/${name}`, 0o644);
}

/** Writes what the server is to see instead of the machine's own lists. */
async function addUsers(
  users: readonly SshUser[],
  path: string,
  homeOf: (name: string) => string,
): Promise<void> {
  const lines = {
    passwd: users.map(({ name, shell = "/bin/bash" }, i) =>
      `${name}:x:${FIRST_ID + i}:${FIRST_ID + i}::${homeOf(name)}:${shell}`
    ),
    group: users.map(({ name }, i) => `${name}:x:${FIRST_ID + i}:`),
    shadow: users.map(({ name }) => `${name}:*:19000:0:99999:7:::`),
  };
  for (const [file, more] of Object.entries(lines)) {
    await Deno.writeTextFile(`${path}/${file}`, `${await Deno.readTextFile(`/etc/${file}`)}${more.join("\n")}\n`);
    await Deno.chmod(`${path}/${file}`, file === "shadow" ? 0o600 : 0o644);
  }
}

/** Ends what runs in the names of the users: they have nothing else. */
async function stopAll(
  users: readonly SshUser[],
  path: string,
  homeOf: (name: string) => string,
): Promise<void> {
  await Promise.all(users.map(async ({ name }, i) => {
    const as = ["--reuid", String(FIRST_ID + i), "--regid", String(FIRST_ID + i), "--clear-groups"];
    const stop = "PATH=$PATH:$HOME/.local/bin; claustrum hub stop --sessions; claustrum stop --yes";
    const env = { HOME: homeOf(name), PATH: "/usr/local/bin:/usr/bin:/bin" };
    const args = [...as, "sh", "-c", stop];
    await new Deno.Command("setpriv", { args, env, clearEnv: true, cwd: path, stdout: "null", stderr: "null" })
      .output();
    // Whatever has not ended by then is theirs, too.
    const left = await pidsOf(FIRST_ID + i);
    for (const pid of left) Deno.kill(pid, "SIGKILL");
    await waitFor("the end of what a user runs", async () => (await pidsOf(FIRST_ID + i)).length === 0);
  }));
}

async function pidsOf(id: number): Promise<number[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "pid=,stat=", "-u", String(id)] }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n").map((line) => line.trim().split(/\s+/));
  return lines.filter(([pid = "", stat = ""]) => pid !== "" && !stat.startsWith("Z")).map(([pid]) => Number(pid));
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}
