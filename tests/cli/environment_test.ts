import { assert, assertEquals, assertMatch } from "@std/assert";
import { readLockRecord } from "../../lib/system/lock_file.ts";
import { CLI, plainEnvironment } from "../helpers/daemon.ts";
import { asOrdinaryUser, canBeOrdinary } from "../helpers/ordinary_user.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";

const ORDINARY = asOrdinaryUser();
const UNCAUGHT_ERROR = new URL("../programs/uncaught_error.ts", import.meta.url).pathname;

/** A stack trace, or what the runtime prints before one. */
const TRACE = /^\s+at |Uncaught/m;

/** Commands that need no daemon, and the exit codes that they document. */
const LOCAL: readonly (readonly [string, readonly number[]])[] = [
  ["completions bash", [0, 1]],
  ["install --cli-dir CLI --cli-version 1.0 --cli-zst /nonexistent", [1]],
  ["-install -cli-dir CLI -cli-version 1.0", [0, 1]],
  ["version", [0, 1]],
  ["-version", [0, 1]],
  ["help", [0, 1]],
  ["help serve", [0, 1]],
  ["service systemd", [0, 1]],
  ["service systemd --write", [0, 1]],
];

/** Commands about a daemon, and the exit codes that they document. */
const REMOTE: readonly (readonly [string, readonly number[]])[] = [
  ["status", [0, 1, 3]],
  ["status --json", [0, 1, 3]],
  ["ps", [0, 1]],
  ["logs job", [0, 1, 141]],
  ["logs -f --tail 1 ended", [0, 1, 141]],
  ["kill nobody", [0, 1]],
  ["call server.ping", [0, 1]],
  ["doctor", [0, 1]],
  ["doctor --json", [0, 1]],
  ["bridge", [0, 1]],
  ["-bridge", [0, 1]],
  ["run --no-start -- true", [0, 1, 125]],
  ["attach ended", [0, 1, 125, 141]],
  ["serve", [0, 1]],
  ["-serve -token-file TOKEN", [0, 1]],
  ["stop", [0, 1]],
  ["-stop", [0, 1]],
];

/** An environment that a command may run in. */
interface TestEnvironment {
  /** Prepares the directory; called after the daemon, if there is one, has started. */
  readonly prepare?: (directory: string) => Promise<void>;
  /** Whether a daemon is running, with one running and one ended process. @default {false} */
  readonly hasDaemon?: boolean;
  /** Returns the path of the socket; `null` for the default socket. @default {`run/rpc.sock`} */
  readonly socket?: ((directory: string) => string) | null;
  /** Returns environment variables; `undefined` removes one. */
  readonly env?: (directory: string) => Readonly<Record<string, string | undefined>>;
  /** A shell command that runs the command line `"$@"`; `$D` is the directory. */
  readonly shell?: string;
  /** Whether it relies on the mode of a file, so that the commands must not run as root. @default {false} */
  readonly needsOrdinaryUser?: boolean;
  /** The commands to run. @default {all} */
  readonly commands?: readonly (readonly [string, readonly number[]])[];
  /** Further assertions about a command; `text` is what it printed on both streams. */
  readonly check?: (command: string, code: number, text: string, directory: string) => void;
}

const mkdir = (path: string, mode = 0o700) => Deno.mkdir(path, { recursive: true, mode });
const write = (path: string, text: string, mode = 0o600) => Deno.writeTextFile(path, text, { mode });
const fifo = async (path: string) => void await new Deno.Command("mkfifo", { args: [path] }).output();

/** Returns a check that some commands fail with a message. */
function failsWith(sentence: RegExp, commands: RegExp): NonNullable<TestEnvironment["check"]> {
  return (command, code, text) => {
    if (!commands.test(command)) return;
    assertEquals([code === 0, sentence.test(text)], [false, true], `${command} prints ${text}`);
  };
}

/** Matches commands that print on stdout. */
const PRINTS = /^(status|ps|logs|call|doctor|completions|-?version|help|service|serve|-serve|-install)/;
/** Matches commands that connect to the daemon. */
const CONNECTS = /^(status|ps|logs|kill|call|run|attach)/;

const ENVIRONMENTS: Readonly<Record<string, TestEnvironment>> = {
  "no HOME": {
    socket: null,
    env: () => ({ HOME: undefined }),
    check: failsWith(/HOME is not defined/, /^(status|ps|serve)/),
  },
  "an empty HOME": { socket: null, env: () => ({ HOME: "" }) },
  "a HOME that does not exist": {
    needsOrdinaryUser: true,
    socket: null,
    env: (directory) => ({ HOME: `${directory}/closed/home` }),
    prepare: closed,
  },
  "a HOME that is read-only": {
    needsOrdinaryUser: true,
    socket: null,
    env: (directory) => ({ HOME: `${directory}/closed` }),
    prepare: closed,
    check: failsWith(
      /^claustrum: (mkdir|cannot write) \S+\/closed\S+: permission denied: \w+/m,
      /^(serve|-serve|service systemd --write)/,
    ),
  },
  "a file in the place of .claude": {
    socket: null,
    commands: REMOTE,
    prepare: (directory) => write(`${directory}/.claude`, ""),
    check: failsWith(
      /^claustrum: mkdir \S+\/\.claude\/remote: not a directory: choose another --socket, like /m,
      /^-?serve/,
    ),
  },
  // The runtime itself fails there before it loads any code.
  "a removed working directory": { shell: 'mkdir "$D/gone"; cd "$D/gone"; rmdir "$D/gone"; exec "$@"' },
  "a directory that cannot be searched": {
    needsOrdinaryUser: true,
    commands: REMOTE,
    prepare: async (directory) => {
      await mkdir(`${directory}/run`);
      await Deno.chmod(`${directory}/run`, 0);
    },
    check: failsWith(/permission denied/, /^(status|ps|logs|doctor|serve|stop)/),
  },
  "a file in the place of the directory": {
    commands: REMOTE,
    prepare: (directory) => write(`${directory}/run`, ""),
    check: failsWith(/not a directory/, /^(serve|-serve|doctor|bridge)/),
  },
  "a directory in the place of the socket": {
    commands: REMOTE,
    prepare: (directory) => mkdir(`${directory}/run/rpc.sock`),
    check: failsWith(/is not a socket: choose another --socket/, /^doctor/),
  },
  "a file in the place of the socket": {
    commands: REMOTE,
    prepare: async (directory) => {
      await mkdir(`${directory}/run`);
      await write(`${directory}/run/rpc.sock`, "");
    },
    check: failsWith(/address already in use/, /^(serve|-serve)/),
  },
  "a FIFO in the place of the socket": {
    commands: REMOTE,
    prepare: async (directory) => {
      await mkdir(`${directory}/run`);
      await fifo(`${directory}/run/rpc.sock`);
    },
  },
  "a symlink to itself in the place of the socket": {
    commands: REMOTE,
    prepare: async (directory) => {
      await mkdir(`${directory}/run`);
      await Deno.symlink("rpc.sock", `${directory}/run/rpc.sock`);
    },
  },
  "a token that is a directory": {
    commands: REMOTE,
    prepare: (directory) => mkdir(`${directory}/run/daemon.token`),
    check: failsWith(/daemon\.token is not a regular file/, /^doctor/),
  },
  "an unreadable token of a running daemon": {
    needsOrdinaryUser: true,
    commands: REMOTE,
    hasDaemon: true,
    prepare: (directory) => Deno.chmod(`${directory}/run/daemon.token`, 0),
    check: failsWith(/cannot read the token in \S+: permission denied/, CONNECTS),
  },
  "a token that is a FIFO": {
    commands: REMOTE,
    prepare: async (directory) => {
      await mkdir(`${directory}/run`);
      await fifo(`${directory}/run/daemon.token`);
    },
    check: failsWith(/not a regular file/, /^doctor/),
  },
  "a token that is a FIFO, with a running daemon": {
    commands: REMOTE,
    hasDaemon: true,
    prepare: async (directory) => {
      await Deno.remove(`${directory}/run/daemon.token`);
      await fifo(`${directory}/run/daemon.token`);
    },
    check: failsWith(/cannot read the token in \S+: not a regular file/, CONNECTS),
  },
  "a lock that is a directory": { commands: REMOTE, prepare: (directory) => mkdir(`${directory}/run/daemon.lock`) },
  "a lock that is a FIFO": {
    commands: REMOTE,
    prepare: async (directory) => {
      await mkdir(`${directory}/run`);
      await fifo(`${directory}/run/daemon.lock`);
    },
    check: failsWith(/daemon\.lock is not a regular file: choose another --socket/, /^(serve|-serve|doctor)/),
  },
  "a lock that cannot be read": {
    needsOrdinaryUser: true,
    commands: REMOTE,
    prepare: async (directory) => {
      await mkdir(`${directory}/run`);
      await write(`${directory}/run/daemon.lock`, "", 0);
    },
    check: failsWith(/open \S+\/daemon\.lock: permission denied/, /^(serve|-serve|doctor)/),
  },
  "a lock that holds garbage": {
    commands: REMOTE,
    prepare: async (directory) => {
      await mkdir(`${directory}/run`);
      await write(`${directory}/run/daemon.lock`, '{"pid":\n\u0000');
    },
  },
  "a file in the place of the directory of retired daemons": {
    commands: REMOTE,
    prepare: async (directory) => {
      await mkdir(`${directory}/run`);
      await write(`${directory}/run/retired`, "");
    },
  },
  "garbage in the directory of retired daemons": {
    commands: REMOTE,
    prepare: async (directory) => {
      await mkdir(`${directory}/run/retired/a.json`);
      await write(`${directory}/run/retired/b.json`, '{"pid":1}');
    },
  },
  "a configuration that cannot be read": {
    needsOrdinaryUser: true,
    prepare: async (directory) => {
      await mkdir(`${directory}/.config/claustrum`);
      await write(`${directory}/.config/claustrum/claustrum.conf`, "", 0);
    },
  },
  "stdout on a full disk": {
    hasDaemon: true,
    shell: 'exec "$@" >/dev/full',
    check: (command, code, text, directory) => {
      failsWith(/^claustrum: cannot write to stdout: no space left on device$/m, PRINTS)(
        command,
        code,
        text,
        directory,
      );
      if (PRINTS.test(command)) assertEquals(text.trimEnd().split("\n").length, 1, `${command} prints ${text}`);
    },
  },
  "stderr on a full disk": {
    hasDaemon: true,
    shell: 'exec "$@" 2>/dev/full',
    check: (command, code) => {
      if (/^(completions|-?version|help|service|status|ps)/.test(command)) assertEquals(code, 0, command);
    },
  },
  "stdout and stderr on a full disk": { shell: 'exec "$@" >/dev/full 2>/dev/full', hasDaemon: true },
  "a closed stdout": { shell: 'exec "$@" >&-', hasDaemon: true },
  "closed standard streams": { shell: 'exec "$@" >&- 2>&- <&-', hasDaemon: true },
  "a stdout without a reader": { shell: '"$@" | true; exit ${PIPESTATUS[0]}', hasDaemon: true },
  "a stdin that is a directory": {
    commands: REMOTE,
    hasDaemon: true,
    shell: 'exec "$@" </tmp',
    check: failsWith(/^claustrum: cannot read stdin: is a directory$/m, /^-?bridge/),
  },
  "a socket with a path that is too long": {
    commands: REMOTE,
    socket: (directory) => `${directory}/${"x".repeat(120)}`,
    check: (command, code, text) => {
      // The classic spelling has error messages of its own.
      if (command.startsWith("-")) return;
      const sentence = /the socket's path has 14\d bytes and may have 107 at most: choose a shorter --socket than /;
      failsWith(sentence, /^(status|ps|logs|kill|call|doctor|bridge|run|attach|serve)/)(command, code, text, "");
    },
  },
  "a socket with a name that is too long": {
    commands: REMOTE,
    socket: (directory) => `${directory}/${"x".repeat(300)}`,
  },
  "another user's socket": {
    needsOrdinaryUser: true,
    commands: REMOTE,
    hasDaemon: true,
    prepare: async (directory) => {
      for (const name of ["rpc.sock", "daemon.token", "daemon.lock"]) {
        // Only root can change the owner; mode 0 has the same effect for other users.
        if (Deno.uid() === 0) await Deno.chown(`${directory}/run/${name}`, 65534, 65534);
        await Deno.chmod(`${directory}/run/${name}`, Deno.uid() === 0 ? 0o600 : 0);
      }
    },
    check: (command, code, text) => {
      if (CONNECTS.test(command)) {
        const sentence = Deno.uid() === 0
          ? /belongs to user 65534 and accepts no other user: choose another --socket/
          : /permission denied/;
        failsWith(sentence, /./)(command, code, text, "");
      }
      assert(!text.includes("no daemon is listening"), `${command} prints ${text}`);
    },
  },
  "another user's socket, and a token": {
    needsOrdinaryUser: true,
    commands: REMOTE,
    hasDaemon: true,
    env: () => ({ CLAUDE_RPC_TOKEN: "guess" }),
    prepare: async (directory) => {
      if (Deno.uid() === 0) await Deno.chown(`${directory}/run/rpc.sock`, 65534, 65534);
      await Deno.chmod(`${directory}/run/rpc.sock`, Deno.uid() === 0 ? 0o600 : 0);
    },
    check: (command, _code, text, directory) => {
      assert(!text.includes("no daemon is listening"), `${command} prints ${text}`);
      assert(Deno.lstatSync(`${directory}/run/rpc.sock`).isSocket, `${command} has removed the socket`);
    },
  },
  "an empty PATH": { env: () => ({ PATH: "" }) },
};

async function closed(directory: string): Promise<void> {
  await mkdir(`${directory}/closed`);
  await Deno.chmod(`${directory}/closed`, 0o555);
}

/** Runs a command line in an environment. */
async function run(directory: string, command: string, { shell = 'exec "$@"', socket, env }: TestEnvironment) {
  await write(`${directory}/token`, "secret");
  const [name = "", ...rest] = command.replaceAll("CLI", `${directory}/cli`).replaceAll("TOKEN", `${directory}/token`)
    .split(" ");
  const path = socket === undefined ? `${directory}/run/rpc.sock` : socket?.(directory);
  const takesSocket = path !== undefined && REMOTE.some(([each]) => each.split(" ")[0] === name);
  const at = takesSocket ? [name.startsWith("-") ? "-socket" : "--socket", path] : [];
  const variables = { ...plainEnvironment(directory), D: directory, ...env?.(directory) };
  const child = new Deno.Command("/bin/bash", {
    args: [
      ...["-c", shell, "bash", ...ORDINARY],
      ...[Deno.execPath(), "run", "-A", "--quiet", CLI, name, ...at, ...rest],
    ],
    env: Object.fromEntries(
      Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await soon(`claustrum ${command}`, child.output());
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** Starts a daemon with one running and one ended process. */
async function startWithProcesses(directory: string): Promise<void> {
  for (
    const command of ["serve", "run --id ended -- echo hi", "run --detach --id job -- sh -c echo;exec\tsleep\t1000"]
  ) {
    const { code, stderr } = await run(directory, command, {});
    assertEquals(code, 0, stderr);
  }
}

/** Kills the daemons that were started in a directory, whatever its mode. */
async function endDaemons(directory: string): Promise<void> {
  await new Deno.Command("chmod", { args: ["-R", "u+rwX", directory], stderr: "null" }).output();
  for (const lock of [`${directory}/run/daemon.lock`, `${directory}/.claude/remote/daemon.lock`]) {
    const pid = readLockRecord(lock)?.pid;
    if (pid === undefined || !isAlive(pid)) continue;
    Deno.kill(pid, "SIGKILL");
    await waitFor("the daemon's end", () => !isAlive(pid));
  }
}

for (const [name, environment] of Object.entries(ENVIRONMENTS)) {
  const title = `every command exits with a documented code and no stack trace, given ${name}`;
  const ignore = environment.needsOrdinaryUser === true && !canBeOrdinary();
  Deno.test(title, { ignore }, async () => {
    await using home = await tempDir();
    const directory = home.path;
    try {
      if (environment.hasDaemon) await startWithProcesses(directory);
      await environment.prepare?.(directory);
      for (const [command, codes] of environment.commands ?? [...LOCAL, ...REMOTE]) {
        const { code, stdout, stderr } = await run(directory, command, environment);
        assert(!TRACE.test(stdout + stderr), `${command} shows a stack trace: ${stderr}`);
        assert(codes.includes(code), `${command} exits with ${code}: ${stderr}`);
        environment.check?.(command, code, stdout + stderr, directory);
      }
    } finally {
      await endDaemons(directory);
    }
  });
}

for (
  const [error, sentence] of [
    ["rejected TypeError", /^claustrum: internal error: TypeError: odd; CLAUSTRUM_TRACE=1 shows where/],
    ["rejected NotFound", /^claustrum: no such file or directory\n$/],
    ["thrown RangeError", /^claustrum: internal error: RangeError: odd; /],
    ["rejected string", /^claustrum: internal error: text; /],
  ] as const
) {
  for (const trace of ["0", "1"]) {
    Deno.test(`a command reports an uncaught ${error} in one sentence with CLAUSTRUM_TRACE=${trace}`, async () => {
      await using home = await tempDir();
      const socket = `${home.path}/rpc.sock`;
      await using _listener = listenSilently(socket);
      const command = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", UNCAUGHT_ERROR, socket, error],
        env: { ...plainEnvironment(home.path), CLAUSTRUM_TRACE: trace },
        clearEnv: true,
        stdin: "null",
      });
      const { code, stderr } = await soon(error, command.output());
      const text = new TextDecoder().decode(stderr);
      assertEquals([code, TRACE.test(text)], [1, trace === "1" && error !== "rejected string"], text);
      if (trace === "0") assertMatch(text, sentence);
    });
  }
}

/** Accepts connections and never answers. */
function listenSilently(path: string): AsyncDisposable {
  const listener = Deno.listen({ transport: "unix", path });
  const taken: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of listener) taken.push(conn);
  })();
  return {
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const conn of taken) conn.close();
    },
  };
}
