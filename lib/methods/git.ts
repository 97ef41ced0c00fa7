/**
 * The `git` methods (contract: Git methods).
 *
 * @module
 */

import type { Method } from "../rpc/dispatch.ts";
import { invalidParams } from "../rpc/errors.ts";
import { compareUtf8 } from "../rpc/json_encode.ts";
import { concatRaw, type RawText, rawText } from "../rpc/raw_text.ts";
import { GitError, localBranches, repoInfo, repoStatus } from "../git/repository.ts";
import { removeWorktree } from "../git/remove_worktree.ts";
import { createWorktree } from "../git/worktree.ts";
import type { Result } from "../rpc/method_types.ts";
import { expandTilde } from "../system/path_text.ts";
import { sortInTurns } from "../system/turns.ts";
import type { ClientContext, DaemonContext } from "./context.ts";
import { method, withinShare } from "./define.ts";
import { failingAs } from "./rpc_failure.ts";

/** The `git` methods. */
export function gitMethods(daemon: DaemonContext): Method<ClientContext>[] {
  return [
    infoMethod(daemon),
    statusMethod(daemon),
    listBranchesMethod(daemon),
    createWorktreeMethod(daemon),
    removeWorktreeMethod(daemon),
  ];
}

/** Options for a command that only reads. It is killed when its client disconnects, because it might never end. */
function readOptions({ gitTimeoutMs, home }: DaemonContext, path: string, { signal }: ClientContext) {
  return { timeoutMs: gitTimeoutMs, directory: expandTilde(path, home), signal };
}

function infoMethod(daemon: DaemonContext): Method<ClientContext> {
  return method("git.info", async ({ path }, client) => {
    const info = await repoInfo(readOptions(daemon, path, client));
    return info === undefined ? { isRepo: false, repoSlug: "", defaultBranch: "" } : { isRepo: true, ...info };
  });
}

function statusMethod(daemon: DaemonContext): Method<ClientContext> {
  return method("git.status", ({ path }, client) =>
    withinShare<Result<"git.status">>(client, async (share) => {
      const options = { ...readOptions(daemon, path, client), onOutput: (bytes: number) => share.take(bytes) };
      const output = await failingAs(GitError, () => repoStatus(options));
      if (output === undefined) return { value: { isRepo: false, clean: false }, size: 0 };
      const isClean = changeLines(output).next().done === true;
      const changes = isClean ? {} : { changes: changeLines(output) };
      return { value: { isRepo: true, clean: isClean, ...changes }, size: output.length };
    }));
}

function listBranchesMethod(daemon: DaemonContext): Method<ClientContext> {
  return method(
    "git.list_branches",
    ({ path }, client) =>
      withinShare<Result<"git.list_branches">>(client, async (share) => {
        let size = 0;
        const options = { ...readOptions(daemon, path, client), onOutput: (bytes: number) => share.take(size = bytes) };
        const found = await failingAs(GitError, () => localBranches(options));
        const branches = await sortInTurns(found ?? [], compareUtf8, daemon.pause);
        return { value: { isRepo: found !== undefined, branches }, size };
      }),
  );
}

function createWorktreeMethod({ gitTimeoutMs, home }: DaemonContext): Method<ClientContext> {
  return method("git.worktree_create", async ({ baseRepo, worktreePath, ...rest }) => {
    if (rest.branchName === "") throw invalidParams("branchName is required");
    const path = expandTilde(worktreePath, home);
    const spec = { baseRepo: expandTilde(baseRepo, home), worktreePath: path, ...rest };
    const outcome = await createWorktree(spec, { timeoutMs: gitTimeoutMs });
    switch (outcome.kind) {
      case "no repository":
        return { success: false, error: "not a git repository", errorCode: "not_a_repo" };
      case "failed": {
        const reason = outcome.output.length > 0 ? rawText(outcome.output) : outcome.failure;
        const error = concatRaw("git worktree add failed: ", reason);
        return { success: false, error, errorCode: "worktree_add_failed" };
      }
      case "created":
        return { success: true, ...unlessEmpty("path", path), ...unlessEmpty("sourceBranch", outcome.source) };
    }
  });
}

function removeWorktreeMethod({ gitTimeoutMs, home }: DaemonContext): Method<ClientContext> {
  return method("git.worktree_remove", async ({ baseRepo, worktreePath, branchName }) => {
    const spec = { baseRepo: expandTilde(baseRepo, home), worktreePath: expandTilde(worktreePath, home), branchName };
    const error = await removeWorktree(spec, home, { timeoutMs: gitTimeoutMs });
    return error === undefined ? { success: true } : { success: false, error };
  });
}

function unlessEmpty(key: string, value: string): Record<string, string> {
  return value === "" ? {} : { [key]: value };
}

const SPACE = 0x20;
const NEWLINE = 0x0a;

/** Yields the lines that git prints. Only the first line loses its leading spaces. */
function* changeLines(output: Uint8Array): Generator<RawText> {
  let start = 0;
  while (output[start] === SPACE || output[start] === NEWLINE) start++;
  while (start < output.length) {
    const newline = output.indexOf(NEWLINE, start);
    const end = newline < 0 ? output.length : newline;
    const line = output.subarray(start, end).at(-1) === 0x0d
      ? output.subarray(start, end - 1)
      : output.subarray(start, end);
    if (line.length > 0) yield rawText(line);
    start = end + 1;
  }
}
