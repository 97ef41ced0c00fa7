/**
 * The `git` methods of `contract = next` (contract: Git methods of next).
 *
 * @module
 */

import { BranchSteps } from "../../git/next/branch_step.ts";
import { createSessionWorktree } from "../../git/next/create.ts";
import { branchNames, worktreeInfo, worktreeStatus } from "../../git/next/queries.ts";
import { GitRefusal } from "../../git/next/refusal.ts";
import { removeSessionWorktree } from "../../git/next/remove.ts";
import { changeLines, submoduleNotes } from "../../git/next/status_lines.ts";
import type { Method } from "../../rpc/dispatch.ts";
import { invalidParams } from "../../rpc/errors.ts";
import type { Result } from "../../rpc/method_types.ts";
import { expandTilde } from "../../system/path_text.ts";
import type { ClientContext, DaemonContext } from "../context.ts";
import { method, withinShare } from "../define.ts";
import { failingAs } from "../rpc_failure.ts";
import { nextMethod } from "./define.ts";

/** The `git` methods, all of which differ. */
export function nextGitMethods(daemon: DaemonContext): Method<ClientContext>[] {
  const branches = new BranchSteps();
  return [
    infoMethod(daemon),
    statusMethod(daemon),
    listBranchesMethod(daemon),
    createMethod(daemon, branches),
    removeMethod(daemon, branches),
  ];
}

function infoMethod({ gitTimeoutMs: timeoutMs, home }: DaemonContext): Method<ClientContext> {
  return nextMethod("git.info", async ({ path }, { signal }) => {
    const info = await failingAs(GitRefusal, () => worktreeInfo(expandTilde(path, home), { timeoutMs, signal }));
    return info === undefined ? { isRepo: false, repoSlug: "", defaultBranch: "" } : { isRepo: true, ...info };
  });
}

function statusMethod({ gitTimeoutMs: timeoutMs, home }: DaemonContext): Method<ClientContext> {
  return nextMethod("git.status", ({ path, baseRepo }, client) => {
    if (baseRepo === "") throw invalidParams("baseRepo is required");
    return withinShare<object>(client, async (share) => {
      const limits = { timeoutMs, signal: client.signal, onOutput: (bytes: number) => share.take(bytes) };
      const status = await failingAs(
        GitRefusal,
        () => worktreeStatus(expandTilde(path, home), expandTilde(baseRepo, home), limits),
      );
      if (status === undefined) return { value: { isRepo: false, clean: false }, size: 0 };
      const changes = [...changeLines(status.output), ...submoduleNotes(status.submodules)];
      const value = changes.length === 0 ? { isRepo: true, clean: true } : { isRepo: true, clean: false, changes };
      return { value, size: status.output.length };
    });
  });
}

function listBranchesMethod({ gitTimeoutMs: timeoutMs, home }: DaemonContext): Method<ClientContext> {
  return method(
    "git.list_branches",
    ({ path }, client) =>
      withinShare<Result<"git.list_branches">>(client, async (share) => {
        let size = 0;
        const onOutput = (bytes: number) => share.take(size = bytes);
        const limits = { timeoutMs, signal: client.signal, onOutput };
        const found = await failingAs(GitRefusal, () => branchNames(expandTilde(path, home), limits));
        return { value: { isRepo: found !== undefined, branches: found ?? [] }, size };
      }),
  );
}

function createMethod({ gitTimeoutMs, home }: DaemonContext, branches: BranchSteps): Method<ClientContext> {
  return nextMethod("git.worktree_create", async ({ baseRepo, worktreePath, worktreeRoot, ...rest }) => {
    if (rest.branchName === "") throw invalidParams("branchName is required");
    const outcome = await createSessionWorktree({
      ...rest,
      baseRepo: expandTilde(baseRepo, home),
      worktreePath: expandTilde(worktreePath, home),
      worktreeRoot: expandTilde(worktreeRoot, home),
    }, { gitTimeoutMs, branches });
    if (outcome.kind === "failed") {
      const { error, errorCode, isBranchKept } = outcome;
      return { success: false, error, errorCode, ...(isBranchKept ? { branchKept: true } : {}) };
    }
    const { path, sourceBranch, branch } = outcome;
    return { success: true, path, ...(sourceBranch === undefined ? {} : { sourceBranch }), branch };
  });
}

function removeMethod({ gitTimeoutMs, home }: DaemonContext, branches: BranchSteps): Method<ClientContext> {
  return nextMethod("git.worktree_remove", async ({ baseRepo, worktreePath, worktreeRoot, branchName }) => {
    const spec = {
      branchName,
      baseRepo: expandTilde(baseRepo, home),
      worktreePath: expandTilde(worktreePath, home),
      worktreeRoot: expandTilde(worktreeRoot, home),
    };
    const { error, isBranchKept } = await removeSessionWorktree(spec, { gitTimeoutMs, branches, home });
    const kept = isBranchKept ? { branchKept: true } : {};
    return error === undefined ? { success: true, ...kept } : { success: false, error, ...kept };
  });
}
