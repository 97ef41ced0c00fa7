import { assertEquals } from "@std/assert";
import { completionScript, type Shell, SHELLS } from "../../lib/cli/completions.ts";
import { PROGRAM } from "../../lib/cli/commands.ts";
import { tempDir } from "../helpers/temp.ts";
import { completeInShell } from "./complete_in_shell.ts";

/** Stands in for claustrum: lists a session and a process, and writes down how it was called. */
const CLAUSTRUM = `#!/bin/sh
echo "$*" >> "$0.log"
case $1 in
  session) printf '%s\\n' web 'x-$(touch ran)' ;;
  ps) echo wget ;;
  project) echo website ;;
esac
`;

/** Completes words; returns the candidates, and how claustrum was called for them. */
async function complete(shell: Shell, words: readonly string[]) {
  await using dir = await tempDir();
  await Deno.writeTextFile(`${dir.path}/claustrum`, CLAUSTRUM, { mode: 0o755 });
  await Deno.writeTextFile(`${dir.path}/claustrum.log`, "");
  await Deno.writeTextFile(`${dir.path}/script`, await completionScript(shell, PROGRAM));
  const candidates = await completeInShell(shell, dir.path, ["claustrum", ...words]);
  const calls = (await Deno.readTextFile(`${dir.path}/claustrum.log`)).trim();
  assertEquals([...Deno.readDirSync(dir.path)].map(({ name }) => name).includes("ran"), false);
  return { candidates, calls };
}

const LIST = "session list --all --quiet --no-start";

for (const shell of SHELLS) {
  Deno.test(`the completions for ${shell} complete the names of sessions, of a hub that is running`, async () => {
    assertEquals(await complete(shell, ["session", "show", "w"]), { candidates: ["web"], calls: LIST });
    const strange = shell === "bash" ? "x-\\$\\(touch\\ ran\\)" : "x-$(touch ran)";
    assertEquals((await complete(shell, ["stop", "x"])).candidates, [strange]);
  });

  Deno.test(`the completions for ${shell} complete the names of projects`, async () => {
    const calls = "project list --quiet --no-start";
    for (const words of [["project", "show", "w"], ["remote", "start", "w"]]) {
      assertEquals(await complete(shell, words), { candidates: ["website"], calls });
    }
  });

  Deno.test(`the completions for ${shell} ask the hub that the flags name`, async () => {
    const words = ["session", "show", "--state-dir", "/d", "--config", "/c", "w"];
    const { candidates, calls } = await complete(shell, words);
    assertEquals([candidates, calls], [["web"], `${LIST} --state-dir /d --config /c`]);
  });

  Deno.test(`the completions for ${shell} complete sessions and processes where either is taken`, async () => {
    const { candidates, calls } = await complete(shell, ["kill", "w"]);
    assertEquals([candidates, calls.split("\n").sort()], [["web", "wget"], ["ps --quiet", LIST]]);
  });
}
