/**
 * The params and results of the methods that `contract = next` adds or changes. All others are as `protocol.ts` defines
 * them (contract: Generations).
 *
 * @module
 */

import type { MethodSpec, ParamKind, ResultShape, ResultType } from "./protocol.ts";
import type { FieldKind } from "./struct.ts";

const NEXT_PROTOCOL = {
  "server.capabilities": {
    about: "Returns what the daemon supports, its instance, and when it began to listen (ms since the epoch).",
    params: { extensions: "boolean" },
    result: {
      version: "string",
      methods: "strings",
      instanceId: "string",
      startedAt: "number",
      features: "strings",
      peerCheck: "string",
      keepsChildren: "boolean?",
      extensions: "strings?",
    },
    isRepeatable: true,
  },
  "server.shutdown": {
    about: "Stops the daemon; needs no token. The connection may close before the reply arrives.",
    result: { ok: "boolean" },
  },
  "git.info": {
    about: "Returns facts about the work tree at a path; `root` is where its `.git` was found.",
    params: { path: "string!" },
    result: {
      isRepo: "boolean",
      repo: "string?",
      branch: "string?",
      root: "string?",
      repoSlug: "string",
      defaultBranch: "string",
    },
    isRepeatable: true,
  },
  "git.status": {
    about: "Lists the changes of a linked work tree of a repository.",
    params: { path: "string!", baseRepo: "string!" },
    result: { isRepo: "boolean", clean: "boolean", changes: "strings?" },
    isRepeatable: true,
  },
  "git.worktree_create": {
    about:
      "Creates a work tree on a new branch, or on `existingBranch`, within the repository or below `worktreeRoot`, in at most `timeoutMs`.",
    params: {
      baseRepo: "string!",
      branchName: "string!",
      worktreePath: "string!",
      sourceBranch: "string",
      existingBranch: "string",
      worktreeRoot: "string",
      timeoutMs: "int64",
    },
    result: {
      success: "boolean",
      path: "string?",
      error: "string?",
      errorCode: "string?",
      sourceBranch: "string?",
      branch: "string?",
      branchKept: "boolean?",
    },
  },
  "git.worktree_remove": {
    about: "Removes a work tree, and its branch unless only the branch has its commits.",
    params: { baseRepo: "string!", worktreePath: "string!", branchName: "string", worktreeRoot: "string" },
    result: { success: "boolean", error: "string?", branchKept: "boolean?" },
  },
  "launcher.resolve": {
    about: "Returns the launcher that the administrator of the machine prescribes for the CLI at `cliPath`.",
    params: { cliPath: "string!" },
    result: { status: "string", argv: "strings?", source: "string?", reason: "string?", path: "string?" },
    isRepeatable: true,
  },
  "process.spawn": {
    about:
      "Starts a process, through a `launcher` if one is given; its frames are sent on this connection. It first ends those that work on the same session.",
    params: {
      id: "string!",
      command: "string!",
      args: "string[]",
      cwd: "string",
      env: "string{}",
      wantPid: "boolean",
      launcher: "string[]",
      disableShellAgentSocket: "boolean",
      exitDetail: "boolean",
      notice: "boolean",
      restart: "string",
      fresh: "boolean",
      labels: "string{}",
      log: "boolean?",
      logFile: "string",
      cleanEnv: "boolean",
    },
    result: { success: "boolean", pid: "number?", startTime: "number?" },
  },
  "plugins.prune": {
    about:
      "Removes the plugins of this installation that no process uses and that are older than `minAgeDays`; `keep` has no effect.",
    params: { minAgeDays: "int64", keep: "string[]" },
    result: {
      root: "string",
      pruned: "strings",
      prunedLegacy: "strings",
      staleArchives: "number",
      kept: "number",
      live: "number",
      young: "number",
      legacy: "string",
      skipped: "string?",
      errors: "strings?",
      minAgeDays: "number",
    },
  },
} as const;

/** The name of a method that `next` adds or changes. */
export type NextMethodName = keyof typeof NEXT_PROTOCOL;

/** The methods that `next` adds or changes, with a type that is the same for each. */
export const NEXT_METHODS: Readonly<Record<string, MethodSpec>> = NEXT_PROTOCOL;

type ParamsOf<N extends NextMethodName> = typeof NEXT_PROTOCOL[N] extends { readonly params: infer P } ? P
  : Record<never, never>;
type Kind<K> = K extends `${infer F extends FieldKind}!` ? F : K extends FieldKind ? K : never;

/** The schema that decodes the params of a method. */
export type NextSchema<N extends NextMethodName> = { readonly [K in keyof ParamsOf<N>]: Kind<ParamsOf<N>[K]> };

/** The types of result fields, by their kind. */
interface ResultTypes extends Record<ResultType, unknown> {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
  readonly strings: string[];
  readonly "string{}": Readonly<Record<string, string>>;
}

type FieldOf<K> = K extends `${infer T extends ResultType}?` ? ResultTypes[T]
  : K extends ResultType ? ResultTypes[K]
  : K extends readonly [infer S] ? ObjectOf<S>[]
  : never;
type ObjectOf<S> =
  & { readonly [K in keyof S as S[K] extends `${string}?` ? never : K]: FieldOf<S[K]> }
  & { readonly [K in keyof S as S[K] extends `${string}?` ? K : never]?: FieldOf<S[K]> };

/** The result of a method. */
export type NextResult<N extends NextMethodName> = typeof NEXT_PROTOCOL[N] extends
  { readonly result: infer S extends ResultShape } ? ObjectOf<S> : never;

/** Returns the schema that decodes the params of a method. */
export function nextSchemaOf<N extends NextMethodName>(name: N): NextSchema<N> {
  const params: Readonly<Record<string, ParamKind>> = NEXT_METHODS[name]?.params ?? {};
  return Object.fromEntries(Object.entries(params).map(([key, kind]) => [key, kind.replace(/!$/, "")])) as NextSchema<
    N
  >;
}
