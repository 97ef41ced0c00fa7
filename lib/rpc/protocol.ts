/**
 * The params and results of all methods, defined in one place: the daemon decodes requests by them, the client derives
 * its types from them, and the tables of `PROTOCOL.md` are generated from them (contract: Methods; Extensions).
 *
 * @module
 */

import type { MethodName } from "./method_types.ts";
import type { FieldKind } from "./struct.ts";

/** The kind of a param; it ends in `!` if the param is required. */
export type ParamKind = FieldKind | `${FieldKind}!`;

/** The kind of a result field; it ends in `?` if the field is optional. */
export type ResultKind = ResultType | `${ResultType}?`;

/** The type of a result field; `strings` is a list of strings, `string{}` has them by name. */
export type ResultType = "string" | "number" | "boolean" | "strings" | "string{}";

/** The fields of an object in a result, in order; a list of objects is written as a list with one shape. */
export interface ResultShape {
  /** The kind of a field, or the shape of the objects in a list. */
  readonly [field: string]: ResultKind | readonly [ResultShape];
}

/** The definition of a method. */
export interface MethodSpec {
  /** What the method does, in one line. */
  readonly about: string;
  /** The params; `undefined` if the method ignores its params. */
  readonly params?: { readonly [name: string]: ParamKind };
  /** The result; `undefined` if the method has no reply. */
  readonly result?: ResultShape;
  /** Whether a client may repeat the request after a lost connection, because repeating it is harmless. */
  readonly isRepeatable?: boolean;
  /** The extension that the method belongs to; absent for the methods of the contract. */
  readonly extension?: string;
}

const SUCCESS = { success: "boolean" } as const;

/** All methods: the 19 of the contract in its order, then the extensions. */
const PROTOCOL = {
  "server.ping": { about: "Replies at once.", result: { pong: "boolean" }, isRepeatable: true },
  "server.version": {
    about: "Returns the version, the platform and the architecture.",
    result: { version: "string", platform: "string", arch: "string" },
    isRepeatable: true,
  },
  "server.capabilities": {
    about:
      'Returns what the daemon supports; with `"extensions":true` also the extensions to the contract, and `keepsChildren` if processes keep running when the daemon stops.',
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
    about: "Lists a directory, sorted by bytes, without names that start with a dot.",
    params: { path: "string!" },
    result: { entries: [{ name: "string", path: "string", isDir: "boolean" }] },
    isRepeatable: true,
  },
  "files.validate": {
    about: "Checks whether a path exists; a failure is part of the result.",
    params: { path: "string!" },
    result: { valid: "boolean", isDir: "boolean", error: "string?" },
    isRepeatable: true,
  },
  "files.stat": {
    about: "Returns facts about a file; symlinks are followed.",
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
    about: "Extracts a gzipped tar archive into a directory, which is emptied first; the archive is removed.",
    params: { archivePath: "string!", destDir: "string!" },
    result: { success: "boolean", fileCount: "number", error: "string?" },
  },
  "git.info": {
    about: "Returns facts about the work tree at a path.",
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
    about: "Lists the changes, as `git status --porcelain` prints them.",
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
    about: "Creates a work tree on a new branch.",
    params: { baseRepo: "string!", branchName: "string!", worktreePath: "string!", sourceBranch: "string" },
    result: { success: "boolean", path: "string?", error: "string?", errorCode: "string?", sourceBranch: "string?" },
  },
  "git.worktree_remove": {
    about: "Removes a work tree, and its branch if one is named.",
    params: { baseRepo: "string!", worktreePath: "string!", branchName: "string" },
    result: { success: "boolean", error: "string?" },
  },
  "process.spawn": {
    about: "Starts a process; its frames are sent on this connection.",
    params: {
      id: "string!",
      command: "string!",
      args: "string[]",
      cwd: "string",
      env: "string{}",
      wantPid: "boolean",
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
  "process.stdin": {
    about: "Writes to the stdin of a process; `offset` makes a repeated write harmless.",
    params: { id: "string!", data: "string!", offset: "uint64?", exact: "boolean" },
    result: { success: "boolean", applied: "number", duplicate: "boolean?" },
  },
  "process.kill": {
    about:
      "Sends `KILL` to the group, or `INT`, `HUP` or `TERM` to the process; with `group`, all of them to the group.",
    params: { id: "string!", signal: "string", group: "boolean" },
    result: SUCCESS,
    isRepeatable: true,
  },
  "process.killAndWait": {
    about:
      "Sends a signal (with `group`, to the whole group), waits `timeoutMs` (3000), then kills the group unless `escalate` is false.",
    params: { id: "string!", signal: "string", timeoutMs: "int64?", escalate: "boolean?", group: "boolean" },
    result: { found: "boolean", died: "boolean", alreadyExited: "boolean?", escalated: "boolean?" },
    isRepeatable: true,
  },
  "process.reattach": {
    about: "Sends the frames after `fromSeq`, then the reply, then new frames.",
    params: {
      id: "string!",
      fromSeq: "uint64",
      wantPid: "boolean",
      observe: "boolean",
      notice: "boolean",
      pid: "uint64?",
      times: "boolean",
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
      "Lists the processes, oldest first; exited ones until they are forgotten. `daemon` is the pid of the retired daemon that has the process.",
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
        restart: "string?",
        restarts: "number?",
        restartAt: "number?",
        labels: "string{}?",
        log: "string?",
        logRun: "string?",
        daemon: "number?",
      }],
    },
    isRepeatable: true,
    extension: "process.list",
  },
  "server.retire": {
    about: "Releases the public socket, token and lock, and keeps the processes for the next daemon.",
    result: SUCCESS,
    extension: "handover",
  },
  "process.closeStdin": {
    about: "Closes the stdin of a process after the queued bytes.",
    params: { id: "string!" },
    result: SUCCESS,
    isRepeatable: true,
    extension: "process.closeStdin",
  },
  "process.forget": {
    about:
      "Forgets a process that has ended, and its output, at once instead of after 15 minutes; with `log`, also the files of its log, which may be all that is left of it.",
    params: { id: "string!", log: "boolean" },
    result: SUCCESS,
    isRepeatable: true,
    extension: "process.forget",
  },
  "process.restart": {
    about:
      "Ends a process as `process.killAndWait` with `group` does, and starts it again in the same way; its frames go on. One that has ended is replaced by a new one.",
    params: { id: "string!", timeoutMs: "int64?" },
    result: { success: "boolean", pid: "number", startTime: "number" },
    extension: "process.restart",
  },
  "process.rename": {
    about:
      "Gives a process another id. Who follows it by the former id may go on to use that, until another process takes it.",
    params: { id: "string!", to: "string!" },
    result: SUCCESS,
    extension: "process.rename",
  },
  "process.inspect": {
    about:
      "Returns what `process.list` does of one process, and the `file` of its program; with `env`, also its own environment variables.",
    params: { id: "string!", env: "boolean" },
    result: {
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
      restart: "string?",
      restarts: "number?",
      restartAt: "number?",
      labels: "string{}?",
      log: "string?",
      logRun: "string?",
      env: "string{}?",
      cleanEnv: "boolean?",
      file: "string?",
    },
    isRepeatable: true,
    extension: "process.inspect",
  },
} as const;

/** All methods, with a type that is the same for each. */
export const METHODS: Readonly<Record<string, MethodSpec>> = PROTOCOL;

/** The schema that decodes the params of a method. */
export type Schema<N extends MethodName> = typeof PROTOCOL[N] extends { readonly params: infer P } ? {
    readonly [K in keyof P]: P[K] extends `${infer F extends FieldKind}!` ? F : P[K] extends FieldKind ? P[K] : never;
  }
  : Record<never, never>;

/** Returns the schema that decodes the params of a method. */
export function schemaOf<N extends MethodName>(name: N): Schema<N> {
  const params = Object.entries(METHODS[name]?.params ?? {});
  return Object.fromEntries(params.map(([key, kind]) => [key, kind.replace(/!$/, "")])) as Schema<N>;
}

/** Returns the names of the contract's methods, or of those in extensions. */
export function methodNames(which: "contract" | "extensions"): MethodName[] {
  const isWanted = ({ extension }: MethodSpec) => (extension === undefined) === (which === "contract");
  return (Object.keys(METHODS) as MethodName[]).filter((name) => isWanted(METHODS[name]!));
}
