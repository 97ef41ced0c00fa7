import { assertEquals } from "@std/assert";
import { PROGRAM } from "../../lib/cli/commands.ts";
import { completionScript, type Shell, SHELLS } from "../../lib/cli/completions.ts";
import { tempDir } from "../helpers/temp.ts";
import { completeInShell } from "./complete_in_shell.ts";

/** Stands in for claustrum: lists processes. */
const CLAUSTRUM = `#!/bin/sh
case "$1 $2" in
"ps --quiet") printf '%s\\n' web 'my job' ;;
"logs --list") printf '%s\\n' web 'my job' log-only ;;
"ps --labels") printf '%s\\n' job=test 'job=$(touch ran)' other ;;
esac
`;

async function complete(shell: Shell, ...words: string[]): Promise<string[]> {
  await using dir = await tempDir();
  await Deno.writeTextFile(`${dir.path}/claustrum`, CLAUSTRUM, { mode: 0o755 });
  await Deno.writeTextFile(`${dir.path}/script`, await completionScript(shell, PROGRAM));
  return await completeInShell(shell, dir.path, ["claustrum", ...words]);
}

for (const shell of SHELLS) {
  Deno.test(`the completions for ${shell} know signals, restart policies and filters`, async () => {
    assertEquals(await complete(shell, "kill", "--signal", "H"), ["HUP"]);
    assertEquals(await complete(shell, "kill", "-s", ""), ["HUP", "INT", "KILL", "TERM"]);
    assertEquals(await complete(shell, "run", "--restart", "a"), ["always"]);
    const own = (words: readonly string[]) => shell === "bash" ? words.map((word) => word.slice(6)) : words;
    assertEquals(await complete(shell, "ps", "--filter", "state=r"), own(["state=restarting", "state=running"]));
    const labels = ["label=job=\$(touch ran)", "label=job=test"];
    const found = (await complete(shell, "ps", "-f", "label=j")).map((word) => word.replaceAll("\\", ""));
    assertEquals(found, own(labels));
  });

  Deno.test(`the completions for ${shell} know the methods of the daemon`, async () => {
    assertEquals(await complete(shell, "call", "process.re"), [
      "process.reattach",
      "process.rename",
      "process.restart",
    ]);
  });

  Deno.test(`the completions for ${shell} know the ids of processes for every command that takes them`, async () => {
    for (const command of ["logs", "wait", "rm", "restart", "rename", "inspect", "exec"]) {
      assertEquals(await complete(shell, command, "w"), ["web"], command);
    }
    assertEquals(await complete(shell, "wait", "web", "m"), [shell === "bash" ? "my\\ job" : "my job"]);
    assertEquals(await complete(shell, "logs", "l"), ["log-only"]);
    assertEquals(await complete(shell, "rm", "web", "l"), ["log-only"]);
    assertEquals(await complete(shell, "wait", "l"), []);
  });
}

Deno.test("the completions for bash keep file names with spaces whole", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(`${dir.path}/two words`, "");
  await Deno.writeTextFile(`${dir.path}/two*`, "");
  const name = (text: string) => `${dir.path}/${text}`;
  // Outside of a completion bash cannot quote the names itself.
  assertEquals(await complete("bash", "run", "--cwd", name("two")), [name("two\\ words"), name("two\\*")].sort());
});
