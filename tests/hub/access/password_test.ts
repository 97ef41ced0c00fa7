import { assertEquals, assertRejects } from "@std/assert";
import { PasswordChecker } from "../../../lib/hub/access/password.ts";
import { OperationError } from "../../../lib/hub/operation_error.ts";
import { tempDir } from "../../helpers/temp.ts";
import { soon } from "../../helpers/wait.ts";

/** A hash of "password" that is quickly checked. */
const HASH = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

/** A worker that runs a script in place of the real one. */
async function workerOf(script: string) {
  const directory = await tempDir();
  await Deno.writeTextFile(`${directory.path}/worker.js`, script);
  const worker = new URL(`file://${directory.path}/worker.js`);
  return { worker, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

/** Returns what a check is refused with. */
async function refusal(check: Promise<boolean>): Promise<string> {
  try {
    return `not refused, but ${await check}`;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return `${error.kind}: ${error.message}`;
  }
}

Deno.test("check() tells whether a password is that of the hash", async () => {
  using checker = new PasswordChecker({ hash: HASH });
  assertEquals(await checker.check("password"), true);
  assertEquals(await checker.check("Password"), false);
});

Deno.test("check() refuses every password when there is no hash", async () => {
  using checker = new PasswordChecker({ hash: undefined });
  assertEquals(await checker.check("password"), false);
});

Deno.test("check() leaves the thread free for others", async () => {
  using checker = new PasswordChecker({ hash: undefined });
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await checker.check("password");
  clearInterval(timer);
  assertEquals(turns > 10, true, `${turns} turns`);
});

Deno.test("check() runs one check at a time, in order", async () => {
  // A second worker at the same time fails to make the directory.
  await using script = await workerOf(`
    onmessage = () => {
      const lock = new URL("lock", import.meta.url);
      Deno.mkdirSync(lock);
      for (const end = performance.now() + 20; performance.now() < end;);
      Deno.removeSync(lock);
      postMessage(true);
    };`);
  using checker = new PasswordChecker({ hash: HASH, worker: script.worker });
  const done: string[] = [];
  const check = async (password: string) => {
    await checker.check(password);
    done.push(password);
  };
  await Promise.all(["a", "b", "c"].map(check));
  assertEquals(done, ["a", "b", "c"]);
});

Deno.test("check() refuses more than one that runs and eight that wait", async () => {
  using checker = new PasswordChecker({ hash: HASH });
  const checks = Array.from({ length: 9 }, () => checker.check("password"));
  assertEquals(await refusal(checker.check("password")), "too_many: too many sign-ins at once: try again in a moment");
  assertEquals(await Promise.all(checks), Array(9).fill(true));
  assertEquals(await checker.check("password"), true);
});

Deno.test("check() fails when the worker fails, and works again afterwards", async () => {
  await using script = await workerOf(`
    onmessage = ({ data: { password } }) => {
      if (password === "broken") throw new Error("out of order");
      postMessage(true);
    };`);
  using checker = new PasswordChecker({ hash: HASH, worker: script.worker });
  await assertRejects(() => checker.check("broken"), Error, "password worker failed: Uncaught Error: out of order");
  assertEquals(await checker.check("password"), true);
});

Deno.test("the disposal of a checker stops the check that runs, and those that wait", async () => {
  await using script = await workerOf("onmessage = () => {};");
  const checker = new PasswordChecker({ hash: HASH, worker: script.worker });
  const checks = [checker.check("a"), checker.check("b")].map(refusal);
  checker[Symbol.dispose]();
  const stopped = "unavailable: the hub is stopping";
  assertEquals(await soon("the checks", Promise.all(checks)), [stopped, stopped]);
  assertEquals(await refusal(checker.check("c")), stopped);
});
