/**
 * `git.*` (wire 1.3).
 *
 * @module
 */

import type { Method } from "../rpc/dispatch.ts";
import { invalidParams } from "../rpc/errors.ts";
import { compareUtf8, concatRaw, type RawText, rawText } from "../rpc/json_encode.ts";
import { GitError, localBranches, repoInfo, repoStatus } from "../git/look.ts";
import { removeWorktree } from "../git/remove_worktree.ts";
import { createWorktree } from "../git/worktree.ts";
import { expandTilde } from "../system/path_text.ts";
import type { ClientContext, DaemonContext } from "./context.ts";
import { method } from "./define.ts";
import { failingAs } from "./failures.ts";

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

    method("git.status", async ({ path }, client) => {
      const output = await failingAs(GitError, () => repoStatus(inDirectory(path, client)));
      if (output === undefined) return { isRepo: false, clean: false };
      const changes = changeLines(output);
      return changes.length === 0 ? { isRepo: true, clean: true } : { isRepo: true, clean: false, changes };
    }),

    method("git.list_branches", async ({ path }, client) => {
      const branches = await failingAs(GitError, () => localBranches(inDirectory(path, client)));
      return { isRepo: branches !== undefined, branches: (branches ?? []).sort(compareUtf8) };
    }),

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
function changeLines(output: Uint8Array): RawText[] {
  let start = 0;
  while (output[start] === SPACE || output[start] === NEWLINE) start++;
  const lines: RawText[] = [];
  while (start < output.length) {
    const newline = output.indexOf(NEWLINE, start);
    const end = newline < 0 ? output.length : newline;
    const line = output.subarray(start, end).at(-1) === 0x0d
      ? output.subarray(start, end - 1)
      : output.subarray(start, end);
    if (line.length > 0) lines.push(rawText(line));
    start = end + 1;
  }
  return lines;
}
