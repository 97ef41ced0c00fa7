/**
 * The methods: what each takes and gives, stated once. The daemon decodes by it, the client is
 * typed by it, `PROTOCOL.md` is made of it (contract: Methods; Extensions).
 *
 * @module
 */

import type { MethodName } from "./method_types.ts";
import type { FieldKind } from "./struct.ts";

/** A param: its kind, with a `!` where a request without it makes no sense. */
export type ParamKind = FieldKind | `${FieldKind}!`;

/** A field of a result; one that may be left out ends in `?`. */
export type ResultKind = ResultType | `${ResultType}?`;

/** The type of a field of a result; `strings` is a list of strings. */
export type ResultType = "string" | "number" | "boolean" | "strings";

/** The fields of an object in a result, in their order; a list of objects is written as a list of one. */
export interface ResultShape {
  /** A field. */
  readonly [field: string]: ResultKind | readonly [ResultShape];
}

/** What a method takes and gives. */
export interface MethodSpec {
  /** What it does, in a line. */
  readonly about: string;
  /** What it takes; `undefined` for one that ignores its params. */
  readonly params?: { readonly [name: string]: ParamKind };
  /** What it gives; `undefined` for one that gives no reply. */
  readonly result?: ResultShape;
  /** Whether asking again does no harm, so that a client may do so when a connection was lost. */
  readonly isRepeatable?: boolean;
  /** The extension that it belongs to; none for the contract's own. */
  readonly extension?: string;
}

const SUCCESS = { success: "boolean" } as const;

/** All methods, the contract's 19 in its order, then ours. */
const PROTOCOL = {
  "server.ping": { about: "Answers at once.", result: { pong: "boolean" }, isRepeatable: true },
  "server.version": {
    about: "Tells the version and the machine.",
    result: { version: "string", platform: "string", arch: "string" },
    isRepeatable: true,
  },
  "server.capabilities": {
    about:
      'Tells what the daemon can do; with `"extensions":true` also what is beyond the contract, and `keepsChildren` if its processes live on when it stops.',
    params: { extensions: "boolean" },
    result: {
      version: "string",
      methods: "strings",
      features: "strings",
      keepsChildren: "boolean?",
      extensions: "strings?",
    },
    isRepeatable: true,
  },
  "server.shutdown": { about: "Stops the daemon; the connection closes without a reply." },
  "files.list": {
    about: "Lists a directory, without names that start with a dot, sorted by bytes.",
    params: { path: "string!" },
    result: { entries: [{ name: "string", path: "string", isDir: "boolean" }] },
    isRepeatable: true,
  },
  "files.validate": {
    about: "Tells whether a path exists; never an error reply of its own.",
    params: { path: "string!" },
    result: { valid: "boolean", isDir: "boolean", error: "string?" },
    isRepeatable: true,
  },
  "files.stat": {
    about: "Looks at a file, through symlinks.",
    params: { path: "string!" },
    result: { exists: "boolean", isDir: "boolean", size: "number", mode: "string" },
    isRepeatable: true,
  },
  "files.read": {
    about: "Reads a regular file of at most `maxBytes` (262,144).",
    params: { path: "string!", maxBytes: "int64" },
    result: { content: "string", exists: "boolean" },
    isRepeatable: true,
  },
  "files.extract_tar": {
    about: "Unpacks a gzip'ed tar archive into a directory that is wiped first; the archive is consumed.",
    params: { archivePath: "string!", destDir: "string!" },
    result: { success: "boolean", fileCount: "number", error: "string?" },
  },
  "git.info": {
    about: "Tells about the work tree at a path.",
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
    about: "Lists what is changed, as `git status --porcelain` prints it.",
    params: { path: "string!" },
    result: { isRepo: "boolean", clean: "boolean", changes: "strings?" },
    isRepeatable: true,
  },
  "git.list_branches": {
    about: "Lists the local branches, sorted by bytes.",
    params: { path: "string!" },
    result: { isRepo: "boolean", branches: "strings" },
    isRepeatable: true,
  },
  "git.worktree_create": {
    about: "Makes a work tree on a new branch.",
    params: { baseRepo: "string!", branchName: "string!", worktreePath: "string!", sourceBranch: "string" },
    result: { success: "boolean", path: "string?", error: "string?", errorCode: "string?", sourceBranch: "string?" },
  },
  "git.worktree_remove": {
    about: "Removes a work tree, and its branch if one is named.",
    params: { baseRepo: "string!", worktreePath: "string!", branchName: "string" },
    result: { success: "boolean", error: "string?" },
  },
  "process.spawn": {
    about: "Starts a process; its frames come on this connection.",
    params: {
      id: "string!",
      command: "string!",
      args: "string[]",
      cwd: "string",
      env: "string{}",
      wantPid: "boolean",
      exitDetail: "boolean",
      notice: "boolean",
    },
    result: { success: "boolean", pid: "number?", startTime: "number?" },
  },
  "process.stdin": {
    about: "Feeds a process; `offset` makes a repetition harmless.",
    params: { id: "string!", data: "string!", offset: "uint64?", exact: "boolean" },
    result: { success: "boolean", applied: "number", duplicate: "boolean?" },
  },
  "process.kill": {
    about: "Sends `KILL` to the group, or `INT`, `HUP`, `TERM` to the process; with `group` to the group, too.",
    params: { id: "string!", signal: "string", group: "boolean" },
    result: SUCCESS,
    isRepeatable: true,
  },
  "process.killAndWait": {
    about:
      "Sends a signal, with `group` to the whole group, waits `timeoutMs` (3000), then kills the group unless told not to.",
    params: { id: "string!", signal: "string", timeoutMs: "int64?", escalate: "boolean?", group: "boolean" },
    result: { found: "boolean", died: "boolean", alreadyExited: "boolean?", escalated: "boolean?" },
    isRepeatable: true,
  },
  "process.reattach": {
    about: "Sends the frames behind `fromSeq`, then answers, then goes on with what comes.",
    params: {
      id: "string!",
      fromSeq: "uint64",
      wantPid: "boolean",
      observe: "boolean",
      notice: "boolean",
      pid: "uint64?",
    },
    result: {
      found: "boolean",
      running: "boolean",
      firstSeq: "number",
      lastSeq: "number",
      stdinApplied: "number",
      pid: "number?",
      startTime: "number?",
    },
  },
  "process.list": {
    about:
      "Lists the processes, oldest first; exited ones until they are forgotten. Those of a daemon that has retired have its pid in `daemon`.",
    params: { exitDetail: "boolean" },
    result: {
      processes: [{
        id: "string",
        command: "string",
        args: "strings",
        cwd: "string",
        pid: "number",
        startTime: "number",
        running: "boolean",
        exitCode: "number?",
        signal: "string?",
        firstSeq: "number",
        lastSeq: "number",
        stdinApplied: "number",
        bufferedBytes: "number",
        attached: "boolean",
        exitDetail: "boolean?",
        daemon: "number?",
      }],
    },
    isRepeatable: true,
    extension: "process.list",
  },
  "server.retire": {
    about: "Gives up the public socket, token and lock; keeps the processes for the daemon that comes next.",
    result: SUCCESS,
    extension: "handover",
  },
  "process.closeStdin": {
    about: "Closes the stdin of a process, behind what is queued.",
    params: { id: "string!" },
    result: SUCCESS,
    isRepeatable: true,
    extension: "process.closeStdin",
  },
} as const;

/** All methods, for those who do not care which. */
export const METHODS: Readonly<Record<string, MethodSpec>> = PROTOCOL;

/** The params of a method as its decoder knows them. */
export type Schema<N extends MethodName> = typeof PROTOCOL[N] extends { readonly params: infer P } ? {
    readonly [K in keyof P]: P[K] extends `${infer F extends FieldKind}!` ? F : P[K] extends FieldKind ? P[K] : never;
  }
  : Record<never, never>;

/** The fields that a method's params decode to. */
export function schemaOf<N extends MethodName>(name: N): Schema<N> {
  const params = Object.entries(METHODS[name]?.params ?? {});
  return Object.fromEntries(params.map(([key, kind]) => [key, kind.replace(/!$/, "")])) as Schema<N>;
}

/** The names of the methods: the contract's, or those of the extensions. */
export function methodNames(which: "contract" | "extensions"): MethodName[] {
  const isWanted = ({ extension }: MethodSpec) => (extension === undefined) === (which === "contract");
  return (Object.keys(METHODS) as MethodName[]).filter((name) => isWanted(METHODS[name]!));
}
