import { assertMatch } from "@std/assert";
import { PROGRAM } from "../../lib/cli/commands.ts";
import { completionScript, type Shell, SHELLS } from "../../lib/cli/completions.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { openShell } from "../helpers/shell_terminal.ts";
import { tempDir } from "../helpers/temp.ts";

/** Stands in for claustrum: lists processes and labels, and shows the arguments of everything else. */
const CLAUSTRUM = `#!/bin/sh
case "$1 $2" in
"ps --quiet") printf '%s\\n' web 'my job' a:b ;;
"ps --labels") printf '%s\\n' job=test 'note=two words' ;;
*)
  printf '[%s]' "$@"
  echo . ;;
esac
`;

/** How a shell is started in place of bash, without the files of a person, and made ready. */
const START: Readonly<Record<Shell, (script: string) => readonly string[]>> = {
  bash: (script) => [`source ${script}`],
  zsh: (script) => ["exec zsh -f", `PS1='$ '; autoload -U compinit; compinit -D -u; source ${script}`],
  fish: (script) => ["exec fish --no-config", "function fish_prompt; echo '$ '; end", `source ${script}`],
};

/** What is typed before the tab, and the arguments that the command gets then. */
const CASES = [
  ["kil\t my\t", "[kill][my job]"],
  ["attach a:\t", "[attach][a:b]"],
  ["ps --filter state=e\t", "[ps][--filter][state=ended]"],
  ["ps --filter=state=e\t", "[ps][--filter=state=ended]"],
  ["ps -f label=j\t", "[ps][-f][label=job=test]"],
  ["ps -f label=n\t", "[ps][-f][label=note=two words]"],
  ["run --cwd two\t", "[run][--cwd][two words]"],
  ["run -- only-on-this-p\t two\t", "[run][--][only-on-this-path][two words]"],
  ["exec -e A=b web -- only-on-this-p\t two\t", "[exec][-e][A=b][web][--][only-on-this-path][two words]"],
] as const;

for (const shell of SHELLS) {
  const isThere = findProgram("tmux") !== undefined && findProgram(shell) !== undefined;
  Deno.test({
    ...needing(`tab completes ids, labels, commands and files with spaces in ${shell}`, isThere, `tmux ${shell}`),
    async fn() {
      await using dir = await tempDir();
      const bin = `${dir.path}/bin`;
      await Deno.mkdir(bin);
      await Deno.writeTextFile(`${bin}/claustrum`, CLAUSTRUM, { mode: 0o755 });
      await Deno.writeTextFile(`${bin}/only-on-this-path`, "#!/bin/sh\n", { mode: 0o755 });
      await Deno.writeTextFile(`${dir.path}/two words`, "");
      const script = `${dir.path}/script`;
      await Deno.writeTextFile(script, await completionScript(shell, PROGRAM));
      const env = { PATH: `${bin}:/usr/local/bin:/usr/bin:/bin` };
      await using view = await openShell({ home: dir.path, columns: 120, env });
      await view.type(`cd '${dir.path}'`);
      for (const line of START[shell](script)) await view.type(line);
      await view.type("clear; echo re'ady'");
      await view.shows(/^ready$/m);
      for (const [typed, expected] of CASES) {
        await view.type(`claustrum ${typed}`);
        const escaped = expected.replaceAll(/[[\].]/g, "\\$&");
        // A directory or a single candidate may end in a slash or a space, which is no part of the argument.
        assertMatch(await view.shows(new RegExp(`^${escaped}\\.$`, "m")), /\]\.$/m);
        await view.type("clear");
      }
    },
  });
}
