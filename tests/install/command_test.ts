import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fakeCli, namesIn, sha256, zstd } from "../helpers/cli_blob.ts";
import { claustrum } from "../helpers/command.ts";
import { CLI, plainEnvironment } from "../helpers/daemon.ts";
import { head, rawServer, send } from "../helpers/raw_server.ts";
import { tempDir } from "../helpers/temp.ts";
import { waitFor } from "../helpers/wait.ts";

Deno.test("claustrum -install prints progress, then the facts in one line, and exits with 0 on any result", async () => {
  await using home = await tempDir();
  const blob = await zstd(fakeCli("1.0"));
  await using server = rawServer(async (conn) => {
    await send(conn, head(200, { "content-length": blob.length }));
    await send(conn, blob);
  });
  const cliDir = `${home.path}/cli`;
  const args = ["-install", "-cli-dir", cliDir, "-cli-version", "1.0", "-cli-url", server.url];
  const failed = await claustrum(home.path, args);
  assertEquals([failed.code, failed.stderr], [0, ""]);
  assertStringIncludes(failed.stdout, '"cliError":"checksum mismatch: expected=, actual=');
  const { code, stdout } = await claustrum(home.path, [...args, "-cli-checksum", await sha256(blob)]);
  assertEquals(code, 0);
  const [progress, result, end] = stdout.split("\n");
  assertEquals(progress, `__INSTALL_PROGRESS__{"phase":"download","bytes":0,"total":${blob.length}}`);
  assertMatch(
    result!,
    /^__INSTALL_RESULT__\{"serverVersion":"v\d.*"cliWasPresent":false,"fetch":\{"bytes":\d+,"ms":\d+,"longestPauseMs":\d+\}\}$/,
  );
  assertEquals(end, "");
});

Deno.test("claustrum -install prints the facts when directory and version are missing", async () => {
  const { code, stdout } = await claustrum("/nonexistent", ["-install"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, '"cliPath":"","cliWasPresent":false,"cliError":"cli version \\"\\" must be');
});

Deno.test("claustrum install prints plain lines when stdout is no terminal, and the facts with --json", async () => {
  await using home = await tempDir();
  const zst = `${home.path}/cli.zst`;
  await Deno.writeFile(zst, await zstd(fakeCli("1.0")));
  const args = ["install", "--cli-dir", `${home.path}/cli`, "--cli-version", "1.0", "--cli-zst", zst];
  const done = await claustrum(home.path, args);
  assertEquals(done, {
    code: 0,
    stdout: `verifying\ndecompressing\ntesting\ninstalled ${home.path}/cli/1.0\n`,
    stderr: "",
  });
  assertEquals((await claustrum(home.path, args)).stdout, `${home.path}/cli/1.0 is already installed\n`);
  const json = await claustrum(home.path, [...args, "--json"]);
  assertEquals(JSON.parse(json.stdout).cliWasPresent, true);
  const failed = await claustrum(home.path, ["install", "--cli-dir", home.path, "--cli-version", "2"]);
  assertEquals(failed, {
    code: 1,
    stdout: "",
    stderr: "claustrum: cli 2 missing and no --cli-url or --cli-zst provided\n",
  });
});

Deno.test("claustrum install and -install end at once when the source is a FIFO", async () => {
  await using home = await tempDir();
  const fifo = `${home.path}/fifo`;
  assert((await new Deno.Command("mkfifo", { args: [fifo] }).output()).success);
  const text = `opening input: open ${fifo}: not a regular file`;
  const friendly = ["install", "--cli-dir", `${home.path}/cli`, "--cli-version", "1.0", "--cli-zst", fifo];
  assertEquals(await claustrum(home.path, friendly), { code: 1, stdout: "", stderr: `claustrum: ${text}\n` });
  const classic = ["-install", "-cli-dir", `${home.path}/cli`, "-cli-version", "1.0", "-cli-zst", fifo];
  const { code, stdout } = await claustrum(home.path, classic);
  assertEquals(code, 0);
  assertStringIncludes(stdout, `"cliError":"${text}"}`);
});

Deno.test("claustrum install shows a progress bar on a terminal and leaves no files after ctrl-C", async () => {
  await using home = await tempDir();
  await using server = rawServer(async (conn) => {
    await send(conn, head(200, { "content-length": 1_000_000 }));
    await send(conn, new Uint8Array(400_000));
    await conn.read(new Uint8Array(1));
  });
  await Deno.mkdir(`${home.path}/cli`);
  const session = `install-${crypto.randomUUID()}`;
  const socket = `${home.path}/tmux`;
  const tmux = async (...args: string[]) => {
    const command = new Deno.Command("tmux", { args: ["-S", socket, "-f", "/dev/null", ...args], stdin: "null" });
    return new TextDecoder().decode((await command.output()).stdout);
  };
  const program = [Deno.execPath(), "run", "--quiet", "-A", CLI, "install", "--cli-dir", `${home.path}/cli`];
  const command = [...program, "--cli-version", "1.0", "--cli-url", server.url].join(" ");
  const environment = Object.entries(plainEnvironment(home.path)).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
  try {
    const shell = `${command}; echo "exit code $?"; sleep 60`;
    await tmux("new-session", "-d", "-s", session, "-x", "120", "-y", "20", ...environment, shell);
    const screen = () => tmux("capture-pane", "-p", "-t", session);
    await waitFor("the bar", async () => /\[#{9,10}-+\] +40 % +400 kB of 1\.0 MB .*\/s .* left/.test(await screen()));
    assertEquals(namesIn(`${home.path}/cli`).length, 1);
    await tmux("send-keys", "-t", session, "C-c");
    await waitFor("the end", async () => (await screen()).includes("exit code 130"));
    assertEquals(namesIn(`${home.path}/cli`), []);
  } finally {
    await tmux("kill-server");
  }
});
