import { assert, assertEquals } from "@std/assert";
import { createLogger, logLevelByName } from "../../lib/system/log.ts";
import { loginPath } from "../../lib/daemon/launch/login_shell.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";
import { readIfThere } from "../helpers/read_if_there.ts";

function memoryLog() {
  const lines: string[] = [];
  const log = createLogger({ level: "debug", write: (line) => void lines.push(line.slice(20).trimEnd()) });
  return { lines, log };
}

/** Creates a shell that runs a script; `$QUESTION` is the command that it was asked to run. */
async function shell(directory: string, script: string): Promise<string> {
  const path = `${directory}/shell`;
  await Deno.writeTextFile(path, `#!/bin/bash\nQUESTION="\${!#}"\n${script}\n`);
  await Deno.chmod(path, 0o755);
  return path;
}

Deno.test("loginPath() returns the PATH of the login shell when the shell prints other text, too", async () => {
  await using dir = await tempDir();
  const { lines, log } = memoryLog();
  const path = await shell(
    dir.path,
    `echo welcome; PATH="/my path:/b"; eval "$QUESTION"; echo bye; test "$1$2$3" = -l-i-c`,
  );
  assertEquals(await loginPath({ shell: path, log }), "/my path:/b");
  assertEquals(lines, ["DEBUG [shellenv] Extracted shell PATH (11 chars)"]);
});

Deno.test("loginPath() returns the PATH and logs a warning when the shell fails afterwards", async () => {
  await using dir = await tempDir();
  const { lines, log } = memoryLog();
  const path = await shell(dir.path, `PATH=/a; eval "$QUESTION"; exit 3`);
  assertEquals(await loginPath({ shell: path, log }), "/a");
  assertEquals(
    lines[0],
    "WARN  [shellenv] Shell command exited with error (may still have PATH): exit status 3",
  );
});

Deno.test("loginPath() logs the start of the output when it contains no PATH", async () => {
  await using dir = await tempDir();
  const { lines, log } = memoryLog();
  const path = await shell(dir.path, `printf 'x%.0s' {1..300}`);
  assertEquals(await loginPath({ shell: path, log }), undefined);
  const text = "[shellenv] Failed to extract PATH from login shell: PATH sentinel not found in shell output: ";
  assertEquals(lines, [`WARN  ${text}${"x".repeat(200)}...`]);
});

Deno.test("loginPath() kills the shell's group when the shell takes more than four seconds", async () => {
  await using dir = await tempDir();
  const { lines, log } = memoryLog();
  const clock = fakeClock();
  const path = await shell(dir.path, `sleep 100 & echo $! $$ > ${dir.path}/pids; wait`);
  const asked = loginPath({ shell: path, log, clock });
  const pids = await waitFor("the shell", () => readIfThere(`${dir.path}/pids`));
  clock.advance(4_000);
  assertEquals(await asked, undefined);
  const text = "[shellenv] Failed to extract PATH from login shell: shell PATH extraction timed out";
  assertEquals(lines, [`WARN  ${text} (${path})`]);
  for (const pid of pids.split(" ")) await waitFor("its end", () => !isAlive(Number(pid)));
});

Deno.test("loginPath() uses a common shell when the user's shell cannot be executed", async () => {
  await using dir = await tempDir();
  const { log } = memoryLog();
  for (const bad of [undefined, "", "/nope", dir.path]) {
    const path = await loginPath({ shell: bad, log, clock: systemClock });
    assert(path === undefined || path.includes("/bin"), `${bad}: ${path}`);
  }
});

Deno.test("logLevelByName() returns the lowest level when it does not know the name", () => {
  const cases = {
    " Info ": "info",
    WARN: "warn",
    warning: "warn",
    error: "error",
    debug: "debug",
    "": "debug",
    x: "debug",
  };
  for (const [name, level] of Object.entries(cases)) assertEquals(logLevelByName(name), level);
  assertEquals(logLevelByName(undefined), "debug");
});

Deno.test("createLogger() leaves out lines when they are below its level", () => {
  const lines: string[] = [];
  const log = createLogger({
    level: "warn",
    write: (line) => void lines.push(line),
    now: () => new Date(2026, 10, 21),
  });
  log.debug("d");
  log.info("i");
  log.warn("w");
  log.error("e");
  assertEquals(lines, ["2026/11/21 00:00:00 WARN  w\n", "2026/11/21 00:00:00 ERROR e\n"]);
});
