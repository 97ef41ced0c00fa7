import { assertEquals, assertMatch } from "@std/assert";
import { open } from "node:fs/promises";
import { constants, existsSync } from "node:fs";
import { BranchSteps } from "../../../lib/git/next/branch_step.ts";
import { createSessionWorktree, type SessionOutcome } from "../../../lib/git/next/create.ts";
import { errnoCode } from "../../../lib/system/errno.ts";
import { type Clock, systemClock } from "../../../lib/system/clock.ts";
import { isThere } from "../../../lib/system/private_files.ts";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { type TestRepository, testRepository } from "../../helpers/repository.ts";
import { waitFor } from "../../helpers/wait.ts";
import { branchesOf, failure, placeIn } from "./sessions.ts";

const TIMEOUT_MS = 5_000;

function createBy(clock: Clock, repo: TestRepository, gitTimeoutMs = 0): Promise<SessionOutcome> {
  return createSessionWorktree({
    baseRepo: repo.path,
    worktreePath: placeIn(repo, "a"),
    worktreeRoot: "",
    branchName: "a",
    sourceBranch: "",
    existingBranch: "",
    timeoutMs: TIMEOUT_MS,
  }, { gitTimeoutMs, branches: new BranchSteps(), clock });
}

async function assertUndone(repo: TestRepository): Promise<void> {
  assertEquals(await isThere(placeIn(repo, "a")), false);
  assertEquals(await branchesOf(repo), ["trunk"]);
  assertEquals(await isThere(`${repo.path}/.git/worktrees/a`), false);
}

/** Opens the writing end of a FIFO; returns `undefined` as long as no program reads from it. */
async function tryOpenWriter(fifo: string): Promise<AsyncDisposable | undefined> {
  try {
    const handle = await open(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    return { [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    if (errnoCode(error) !== "ENXIO") throw error;
    return undefined;
  }
}

Deno.test("createSessionWorktree() kills a checkout and undoes everything when the time is over", async () => {
  await using repo = await testRepository();
  const fifo = `${repo.directory}/attributes`;
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  // The checkout, and nothing before, waits for the attributes.
  await repo.git("config", "core.attributesFile", fifo);
  const clock = fakeClock();
  const creating = createBy(clock, repo);
  let writer: AsyncDisposable | undefined;
  await waitFor("the checkout to begin", async () => (writer ??= await tryOpenWriter(fifo)) !== undefined);
  clock.advance(TIMEOUT_MS);
  const [code, error] = failure(await creating);
  await writer?.[Symbol.asyncDispose]();
  const text = "git worktree add timed out after 5000ms (deadline expired during the checkout): signal: killed";
  assertEquals([code, error], ["timeout", text]);
  await assertUndone(repo);
});

Deno.test("createSessionWorktree() undoes everything when the time is over after the checkout", async () => {
  await using repo = await testRepository();
  const clock: Clock = { ...systemClock, elapsed: () => existsSync(`${placeIn(repo, "a")}/file`) ? TIMEOUT_MS : 0 };
  const text = "git worktree add timed out after 5000ms (deadline expired after the checkout finished)";
  assertEquals(failure(await createBy(clock, repo)), ["timeout", text]);
  await assertUndone(repo);
});

Deno.test("createSessionWorktree() undoes everything when git cannot run in the new work tree", async () => {
  await using repo = await testRepository();
  const fifo = `${repo.directory}/config`;
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  const config = `${repo.path}/.git/config`;
  const before = await Deno.readTextFile(config);
  // Once the work tree is there, git waits for its configuration, until its time is over.
  let waits: "not yet" | "now" | "no longer" = "not yet";
  const clock: Clock = {
    ...systemClock,
    elapsed: () => {
      if (waits === "not yet" && existsSync(`${placeIn(repo, "a")}/.git`)) {
        Deno.writeTextFileSync(config, `${before}[include]\npath = ${fifo}\n`);
        waits = "now";
      }
      return 0;
    },
    after: (ms, callback) => {
      if (waits !== "now") return systemClock.after(ms, callback);
      waits = "no longer";
      return systemClock.after(0, () => {
        callback();
        // Not before git is killed: it would go on.
        systemClock.after(0, () => Deno.writeTextFileSync(config, before));
      });
    },
  };
  const [code, error] = failure(await createBy(clock, repo, 60_000));
  assertEquals(code, "worktree_add_failed");
  assertMatch(error, /git not run: .*signal: killed/);
  await assertUndone(repo);
});
