import { assert, assertEquals, assertMatch } from "@std/assert";
import { type AnyCommand, isGroup } from "../../lib/cli/command.ts";
import { PROGRAM } from "../../lib/cli/commands.ts";
import { commandHelp, overview } from "../../lib/cli/help.ts";
import { formatDownload } from "../../lib/cli/progress_bar.ts";
import { formatTable } from "../../lib/cli/table.ts";
import { fakeCli, namesIn, sha256, zstd } from "../helpers/cli_blob.ts";
import { CLI, plainEnvironment, startDaemon } from "../helpers/daemon.ts";
import { head, rawServer, send } from "../helpers/raw_server.ts";
import { openShell } from "../helpers/shell_terminal.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";

const CLAUSTRUM = `'${Deno.execPath()}' run -A --quiet '${CLI}'`;
const TRACE = /^\s+at |Uncaught/m;
const WAIT_FOR_TERMINATION = new URL("../programs/wait_for_termination.ts", import.meta.url).pathname;

Deno.test("help fits terminals of any width, except for examples, which are not wrapped", async () => {
  const loaded = await Promise.all(Object.values(PROGRAM.commands).map(async ({ load }) => (await load()).default));
  const commands = loaded.filter((node) => !isGroup(node)) as AnyCommand[];
  for (const columns of [20, 40, 80, Infinity]) {
    const texts = [overview(PROGRAM, columns), ...commands.map((command) => commandHelp(command, columns))];
    for (const text of texts) {
      const [first, ...rest] = text.split("\n");
      const examples = rest.findIndex((line) => /^(Examples|Try):$/.test(line));
      const wrapped = rest.slice(0, examples < 0 ? undefined : examples).concat(
        text.startsWith("claustrum hosts") ? first! : [],
      );
      for (const line of wrapped) {
        assert(
          line.length <= Math.min(columns, 80) || !line.trim().includes(" ") || /^ {2}-|^ {4}\[/.test(line),
          `${columns}: ${line}`,
        );
      }
    }
  }
});

Deno.test("formatTable() cuts lines by column and removes control characters", () => {
  const rows = [["ID", "COMMAND"], ["a\x1b[2J", `😀${"x".repeat(50)}\r\n`]];
  assertEquals(formatTable(rows, 20), `ID     COMMAND\na [2J  😀${"x".repeat(10)}…`);
  assertEquals(formatTable(rows, 1), "…\n…");
  assertEquals(formatTable([["ID"]], Infinity), "ID");
});

Deno.test("formatDownload() fits terminals of any width", () => {
  const at = (columns: number) => formatDownload(400_000, 1_000_000, 1_000, columns);
  assertEquals(at(100), "downloading  [##########--------------]  40 %  400 kB of 1.0 MB  400 kB/s  2 s left");
  assertEquals(at(60), "40 %  400 kB of 1.0 MB  400 kB/s  2 s left");
  assertEquals(at(20), "40 %  400 kB/s");
  assertEquals(at(5), "40 %");
});

Deno.test("ps cuts its lines to the width of the terminal, but not if the width is unknown", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "job", command: "sleep", args: ["1000", "2000", "3000"] });
  for (
    const [columns, size, line] of [[20, 20, /^job +run[a-z ]*…$/m], [40, 40, /^job .{35}…$/m], [
      100,
      0,
      /^job .* 1000 2000 3000$/m,
    ]] as const
  ) {
    await using terminal = await openShell({ home: daemon.directory, columns });
    await terminal.type(`stty cols ${size}; clear; ${CLAUSTRUM} ps --socket ${daemon.socket}; echo code $?`);
    assertMatch(await terminal.shows(/code 0/), line);
    for (const command of [`status --socket ${daemon.socket}`, "help", "doctor --help"]) {
      await terminal.type(`clear; ${CLAUSTRUM} ${command}; echo code $?`);
      assertEquals(TRACE.test(await terminal.shows(/code 0/)), false);
    }
  }
});

/** Writes a login shell that never reports its PATH and records its process id. */
async function makeStubbornShell(directory: string): Promise<string> {
  const path = `${directory}/shell`;
  await Deno.writeTextFile(
    path,
    `#!/bin/sh\ntrap '' INT TERM HUP\necho $$ > ${directory}/shell.pid\nexec sleep 1000\n`,
  );
  await Deno.chmod(path, 0o755);
  return path;
}

/** A command that runs until it is terminated. */
interface Running {
  readonly env?: Readonly<Record<string, string>>;
  readonly command: string;
  /** Resolves when the command is running. */
  readonly isRunning: () => Promise<unknown>;
  /** Resolves when the command and its resources are gone. */
  readonly hasGone: () => Promise<unknown>;
}

/** Prepares a command that runs until it is terminated, and passes it to a callback. */
async function withRunning(name: string, use: (home: string, running: Running) => Promise<void>): Promise<void> {
  await using daemon = await startDaemon();
  const { directory, socket } = daemon;
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "job", command: "sh", args: ["-c", "echo ready; exec sleep 1000"] });
  const connected = async (count: number) => {
    const { result } = await client.call("process.list", {});
    assertEquals((result!.processes as { running: boolean }[]).map(({ running }) => running), [true]);
    return daemon.log().split("New connection").length - daemon.log().split("Connection closed").length >= count;
  };
  const onConnections = (command: string, open: number): Running => ({
    command: `${command} --socket ${socket}`,
    isRunning: () => waitFor("its connections", () => connected(1 + open)),
    hasGone: () => waitFor("the end of its connections", async () => !await connected(2)),
  });
  if (name === "logs -f") return await use(directory, onConnections("logs -f job", 2));
  if (name === "bridge") return await use(directory, onConnections("bridge", 1));
  if (name === "status") {
    // A suspended daemon accepts connections and does not answer.
    Deno.kill(daemon.pid, "SIGSTOP");
    try {
      return await use(directory, {
        command: `status --socket ${socket}`,
        isRunning: () => waitFor("it to wait", async () => await processOf(`status --socket ${socket}`) !== undefined),
        hasGone: () => waitFor("its end", async () => await processOf(`status --socket ${socket}`) === undefined),
      });
    } finally {
      Deno.kill(daemon.pid, "SIGCONT");
    }
  }
  if (name === "doctor") {
    const pid = () => Number(Deno.readTextFileSync(`${directory}/shell.pid`));
    return await use(directory, {
      env: { SHELL: await makeStubbornShell(directory) },
      command: `doctor --socket ${socket}`,
      isRunning: () => waitFor("the shell", () => namesIn(directory).includes("shell.pid") && pid() > 0),
      hasGone: () => waitFor("the shell's end", () => !isAlive(pid())),
    });
  }
  await using server = rawServer(async (conn) => {
    await send(conn, head(200, { "content-length": 1_000_000 }));
    await send(conn, new Uint8Array(400_000));
    await conn.read(new Uint8Array(1));
  });
  const cli = `${directory}/cli`;
  await Deno.mkdir(cli);
  await use(directory, {
    command: `install --cli-dir ${cli} --cli-version 1.0 --cli-url ${server.url}`,
    isRunning: () => waitFor("the download", () => namesIn(cli).length === 1),
    hasGone: () => waitFor("its removal", () => namesIn(cli).length === 0),
  });
}

/** Returns the id of the process whose command line contains a text. */
async function processOf(text: string): Promise<number | undefined> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return ""; // it has just exited
      throw error;
    });
    if (line.replaceAll("\0", " ").includes(`cli.ts ${text}`) && isAlive(Number(name))) return Number(name);
  }
  return undefined;
}

for (const name of ["install", "logs -f", "doctor", "status", "bridge"]) {
  Deno.test(`${name} exits on ctrl-C, on signals and with its terminal, and cleans up`, async () => {
    await withRunning(name, async (home, { command, env = {}, isRunning, hasGone }) => {
      await using terminal = await openShell({ home, env });
      await terminal.type(`${CLAUSTRUM} ${command}`);
      await isRunning();
      await terminal.press("C-c");
      // The shell abandons the rest of a line when a signal ends one of its commands.
      await terminal.type("echo code $?");
      const screen = await terminal.shows(/^code \d+$/m);
      assertMatch(screen, /code 130$/m);
      assertEquals(TRACE.test(screen), false, screen);
      await hasGone();
    });
    for (const [signal, code] of [["SIGTERM", 143], ["SIGHUP", 129]] as const) {
      await withRunning(name, async (home, { command, env = {}, isRunning, hasGone }) => {
        const child = new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--quiet", CLI, ...command.split(" ")],
          env: { ...plainEnvironment(home), ...env },
          clearEnv: true,
          stdin: "piped",
          stdout: "null",
          stderr: "piped",
        }).spawn();
        await isRunning();
        child.kill(signal);
        const [status, text] = await soon("its end", Promise.all([child.status, new Response(child.stderr).text()]));
        assertEquals([status.code, TRACE.test(text)], [code, false], text);
        await child.stdin.close();
        await hasGone();
      });
    }
    await withRunning(name, async (home, { command, env = {}, isRunning, hasGone }) => {
      const terminal = await openShell({ home, env });
      await terminal.type(`${CLAUSTRUM} ${command}`);
      await isRunning();
      const pid = await processOf(command);
      await terminal[Symbol.asyncDispose]();
      await waitFor("its end", () => pid === undefined || !isAlive(pid));
      await hasGone();
    });
  });
}

Deno.test("logs -f and install continue after ctrl-Z and fg", async () => {
  await using daemon = await startDaemon();
  const { directory, socket } = daemon;
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "job", command: "sh", args: ["-c", "echo one; read x; echo two; read x"] });
  await using terminal = await openShell({ home: directory });
  await terminal.type(`${CLAUSTRUM} logs -f job --socket ${socket}`);
  await terminal.shows(/^one$/m);
  await terminal.press("C-z");
  await terminal.shows(/Stopped/);
  await client.send("process.stdin", { id: "job", data: btoa("\n") });
  await terminal.type("fg");
  await terminal.shows(/^two$/m);
  await terminal.press("C-c");
  const blob = await zstd(fakeCli("1.0", 100_000));
  const rest = Promise.withResolvers<void>();
  await using server = rawServer(async (conn) => {
    await send(conn, head(200, { "content-length": blob.length }));
    await send(conn, blob.subarray(0, 50_000));
    await rest.promise;
    await send(conn, blob.subarray(50_000));
  });
  using _rest = { [Symbol.dispose]: () => rest.resolve() };
  const cli = `${directory}/cli`;
  const source = `--cli-url ${server.url} --cli-checksum ${await sha256(blob)}`;
  await terminal.type(`clear; ${CLAUSTRUM} install --cli-dir ${cli} --cli-version 1.0 ${source}; echo code $?`);
  await terminal.shows(/downloading .*50\.0 kB/);
  await terminal.press("C-z");
  await terminal.shows(/Stopped/);
  rest.resolve();
  await terminal.type("fg; echo code $?");
  const screen = await terminal.shows(/installed \S+\/cli\/1\.0/);
  assertEquals(TRACE.test(screen), false, screen);
});

Deno.test("abortOnTermination() exits on a second signal, but not on a duplicate of the first", async () => {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-config", WAIT_FOR_TERMINATION],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const nextLine = async () => (await soon("a line", reader.read())).value;
    assertEquals(await nextLine(), "ready\n");
    child.kill(signal);
    assertEquals(await nextLine(), `aborted ${code}\n`);
    let hasEnded = false;
    const ended = child.status.then((status) => {
      hasEnded = true;
      return status;
    });
    // Signals in quick succession count as one, so send more until it exits.
    await waitFor("its end", () => {
      if (!hasEnded) signalIfThere(child.pid, signal);
      return hasEnded;
    });
    assertEquals((await ended).code, code);
    await reader.cancel();
  }
});

function signalIfThere(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // it has just exited
  }
}
