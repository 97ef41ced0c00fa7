/**
 * `git.*` (contract: Git methods).
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
import type { Result } from "../rpc/protocol.ts";
import { expandTilde } from "../system/path_text.ts";
import { sortInTurns } from "../system/turns.ts";
import type { ClientContext, DaemonContext } from "./context.ts";
import { method, withinShare } from "./define.ts";
import { failingAs } from "./rpc_failure.ts";

/** The methods of the namespace. */
export function gitMethods(daemon: DaemonContext): Method<ClientContext>[] {
  const limits = { timeoutMs: daemon.gitTimeoutMs };
  const expand = (path: string) => expandTilde(path, daemon.home);
  // A git that only reads is killed when its client disconnects: it might hang for ever.
  const inDirectory = (path: string, { signal }: ClientContext) => ({ ...limits, directory: expand(path), signal });
  return [
    method("git.info", async ({ path }, client) => {
      const info = await repoInfo(inDirectory(path, client));
      return info === undefined ? { isRepo: false, repoSlug: "", defaultBranch: "" } : { isRepo: true, ...info };
    }),

    method("git.status", ({ path }, client) =>
      withinShare<Result<"git.status">>(client, async (share) => {
        const options = { ...inDirectory(path, client), onOutput: (bytes: number) => share.take(bytes) };
        const output = await failingAs(GitError, () => repoStatus(options));
        if (output === undefined) return { value: { isRepo: false, clean: false }, size: 0 };
        const isClean = changeLines(output).next().done === true;
        const changes = isClean ? {} : { changes: changeLines(output) };
        return { value: { isRepo: true, clean: isClean, ...changes }, size: output.length };
      })),

    method(
      "git.list_branches",
      ({ path }, client) =>
        withinShare<Result<"git.list_branches">>(client, async (share) => {
          let size = 0;
          const options = { ...inDirectory(path, client), onOutput: (bytes: number) => share.take(size = bytes) };
          const found = await failingAs(GitError, () => localBranches(options));
          const branches = await sortInTurns(found ?? [], compareUtf8, daemon.pause);
          return { value: { isRepo: found !== undefined, branches }, size };
        }),
    ),

    method("git.worktree_create", async ({ baseRepo, worktreePath, ...rest }) => {
      if (rest.branchName === "") throw invalidParams("branchName is required");
      const path = expand(worktreePath);
      const outcome = await createWorktree({ baseRepo: expand(baseRepo), worktreePath: path, ...rest }, limits);
      switch (outcome.kind) {
        case "no repository":
          return { success: false, error: "not a git repository", errorCode: "not_a_repo" };
        case "failed": {
          const said = outcome.output.length > 0 ? rawText(outcome.output) : outcome.failure;
          return {
            success: false,
            error: concatRaw("git worktree add failed: ", said),
            errorCode: "worktree_add_failed",
          };
        }
        case "created":
          return { success: true, ...unlessEmpty("path", path), ...unlessEmpty("sourceBranch", outcome.source) };
      }
    }),

    method("git.worktree_remove", async ({ baseRepo, worktreePath, branchName }) => {
      const spec = { baseRepo: expand(baseRepo), worktreePath: expand(worktreePath), branchName };
      const error = await removeWorktree(spec, daemon.home, limits);
      return error === undefined ? { success: true } : { success: false, error };
    }),
  ];
}

function unlessEmpty(key: string, value: string): Record<string, string> {
  return value === "" ? {} : { [key]: value };
}

const SPACE = 0x20;
const NEWLINE = 0x0a;

/** Lines as git prints them; only the very first loses the space it may begin with. */
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
