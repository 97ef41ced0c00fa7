import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { verifyPassword } from "../../lib/hub/access/argon2.ts";
import { claustrum, type CommandResult } from "../helpers/command.ts";
import { CLI } from "../helpers/daemon.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp.ts";
import { openTerminal, type TestTerminal } from "../helpers/terminal.ts";
import { waitFor } from "../helpers/wait.ts";

const HAS_TMUX = findProgram("tmux") !== undefined;

async function hashOf(stdin: string): Promise<CommandResult> {
  await using home = await tempDir();
  return await claustrum(home.path, ["hub", "hash-password"], { stdin });
}

for (const [stdin, password] of [["secret", "secret"], ["secret\n", "secret"], [" a é \r\n", " a é "]] as const) {
  Deno.test(`hub hash-password reads the password from ${JSON.stringify(stdin)}`, async () => {
    const { code, stdout, stderr } = await hashOf(stdin);
    assertEquals([code, stderr], [0, ""]);
    assert(await verifyPassword(stdout.trimEnd(), password), stdout);
  });
}

for (
  const [stdin, message] of [
    ["", "the password is empty"],
    ["\n", "the password is empty"],
    ["a\nb\n", "the password must be one line"],
    ["x".repeat(1025), "the password is longer than 1024 bytes"],
    ["x".repeat(100_000), "the password is longer than 1024 bytes"],
  ] as const
) {
  Deno.test(`hub hash-password refuses ${stdin.length} characters: ${message}`, async () => {
    assertEquals(await hashOf(stdin), { code: 1, stdout: "", stderr: `claustrum: ${message}\n` });
  });
}

Deno.test("hub hash-password needs no permission beyond those of a client", async () => {
  await using home = await tempDir();
  const options = { stdin: "secret", permissions: ["--allow-read", "--allow-env"] };
  const { code, stdout, stderr } = await claustrum(home.path, ["hub", "hash-password"], options);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "$argon2id$v=19$m=19456,t=2,p=1$");
});

/** A terminal in which the command runs, and then tells its exit code and whether what is typed is shown. */
interface PasswordTerminal extends AsyncDisposable, Pick<TestTerminal, "type"> {
  /** The id of the command's process. */
  pid(): Promise<number>;
  /** Waits until the text on the screen matches, and returns it. */
  shows(pattern: RegExp): Promise<string>;
}

async function openPasswordTerminal(): Promise<PasswordTerminal> {
  const home = await tempDir();
  const command = `'${Deno.execPath()}' run -A --quiet '${CLI}' hub hash-password`;
  const script = `sh -c 'echo $$ > ${home.path}/pid; exec ${command.replaceAll("'", `'\\''`)}'
echo "code $?"
stty -a | grep -q -e '-echo ' && echo hidden || echo shown
exec sleep 1000`;
  await Deno.writeTextFile(`${home.path}/script`, script);
  const terminal = await openTerminal(`sh ${home.path}/script`, { columns: 120, lines: 20 });
  return {
    type: (...keys) => terminal.type(...keys),
    pid: async () => Number(await Deno.readTextFile(`${home.path}/pid`)),
    async shows(pattern) {
      let screen = "";
      await waitFor(`${pattern} on the screen`, async () => pattern.test(screen = await terminal.screen()));
      return screen;
    },
    async [Symbol.asyncDispose]() {
      await terminal[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

Deno.test({
  ...needing("hub hash-password asks twice on a terminal, and shows no password", HAS_TMUX, "tmux"),
  fn: async () => {
    await using terminal = await openPasswordTerminal();
    await terminal.shows(/^Password:$/m);
    await terminal.type("hunterx", "BSpace", "Left", "2", "Enter");
    await terminal.shows(/again:$/m);
    await terminal.type("hunter2", "Enter");
    const screen = await terminal.shows(/code 0\n(shown|hidden)/);
    assertStringIncludes(screen, "\nshown");
    assert(!screen.includes("hunter"), screen);
    const [hash = ""] = /\$argon2id\S+/.exec(screen) ?? [];
    assert(await verifyPassword(hash, "hunter2"), screen);
  },
});

Deno.test({
  ...needing("hub hash-password refuses two different passwords", HAS_TMUX, "tmux"),
  fn: async () => {
    await using terminal = await openPasswordTerminal();
    await terminal.shows(/^Password:$/m);
    await terminal.type("hunter2", "Enter", "hunter3", "Enter");
    const screen = await terminal.shows(/code 1\n(shown|hidden)/);
    assertStringIncludes(screen, "claustrum: the two passwords differ\ncode 1\nshown");
  },
});

Deno.test({
  ...needing("hub hash-password makes the terminal show text again after ctrl-C", HAS_TMUX, "tmux"),
  fn: async () => {
    await using terminal = await openPasswordTerminal();
    await terminal.shows(/^Password:$/m);
    await terminal.type("hunter2", "C-c");
    const screen = await terminal.shows(/code 130\n(shown|hidden)/);
    assertStringIncludes(screen, "\nshown");
  },
});

for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const) {
  Deno.test({
    ...needing(`hub hash-password makes the terminal show text again after ${signal}`, HAS_TMUX, "tmux"),
    fn: async () => {
      await using terminal = await openPasswordTerminal();
      await terminal.shows(/^Password:$/m);
      Deno.kill(await terminal.pid(), signal);
      const screen = await terminal.shows(new RegExp(`code ${code}\\n(shown|hidden)`));
      assertStringIncludes(screen, "\nshown");
    },
  });
}
