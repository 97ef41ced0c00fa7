import { assertEquals, assertThrows } from "@std/assert";
import { readRemoteLine, readStarted, remoteCommand, tokenRequest } from "../../lib/hosts/remote_shell.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp.ts";

const MARK = "c0123456789abcdef";

Deno.test("remoteCommand() is one line that all shells read alike", () => {
  const command = remoteCommand(MARK);
  assertEquals(/[\n\\!]/.test(command), false);
  assertEquals([...command].filter((char) => char === "'").length, 2);
  assertThrows(() => remoteCommand("a'b"), RangeError);
});

for (const shell of ["sh", "bash", "zsh", "fish"]) {
  Deno.test({
    ...needing(`the program of a host works in ${shell}`, findProgram(shell) !== undefined, shell),
    async fn() {
      await using home = await tempDir();
      const directory = `${home.path}/state dir/claustrum`;
      await Deno.mkdir(directory, { recursive: true });
      await Deno.writeTextFile(`${directory}/hub.token`, "secret");
      await Deno.mkdir(`${home.path}/.local/bin`, { recursive: true });
      const program = '#!/bin/sh\necho "{";\necho " \\"socket\\": \\"/s\\", \\"token_file\\": \\"/t\\" }"; exit 3\n';
      await Deno.writeTextFile(`${home.path}/.local/bin/claustrum`, program, { mode: 0o755 });
      const child = new Deno.Command(shell, {
        args: ["-c", remoteCommand(MARK)],
        env: { HOME: home.path, PATH: "/usr/bin:/bin", XDG_STATE_HOME: `${home.path}/state dir` },
        clearEnv: true,
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const stdin = child.stdin.getWriter();
      const place = { socket: `${directory}/hub.sock`, tokenFile: `${directory}/hub.token` };
      await stdin.write(new TextEncoder().encode(`nonsense\n${tokenRequest(place)}token /none\nstart\n`));
      await stdin.close();
      const { code, stdout } = await child.output();
      const lines = new TextDecoder().decode(stdout).trim().split("\n").map((line) => readRemoteLine(line, MARK));
      assertEquals([code, ...lines], [
        0,
        { type: "place", place },
        { type: "token", token: "secret" },
        { type: "token", token: "" },
        { type: "started", code: 3, output: '{  "socket": "/s", "token_file": "/t" }' },
      ]);
    },
  });
}

Deno.test("readRemoteLine() ignores noise, also ahead of a line", () => {
  assertEquals(readRemoteLine("Welcome!", MARK), undefined);
  assertEquals(readRemoteLine("token secret", MARK), undefined);
  assertEquals(readRemoteLine(`${MARK} unknown x`, MARK), undefined);
  assertEquals(readRemoteLine(`\x1b[32mhi${MARK} token t\r`, MARK), { type: "token", token: "t" });
});

Deno.test("readStarted() finds what a start printed among other output", () => {
  const place = { socket: "/s", tokenFile: "/t" };
  assertEquals(readStarted('a warning {"socket":"/s","token_file":"/t","pid":7} '), place);
  for (const text of ["", "no claustrum", "{", "{}", '{"socket":1,"token_file":"/t"}']) {
    assertEquals(readStarted(text), undefined);
  }
});
