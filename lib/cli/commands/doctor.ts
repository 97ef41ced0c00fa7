import { directoryProblem, parentsProblem, thisUser } from "../../system/private_directory.ts";
import { lockHolder } from "../../system/lock_file.ts";
import { silentLogger } from "../../system/log.ts";
import { loginPath } from "../../daemon/launch/login_shell.ts";
import { isLive } from "../../system/private_socket.ts";
import { runBriefly } from "../../process/run_briefly.ts";
import { daemonPaths, defaultSocket } from "../../system/paths.ts";
import { isThere } from "../../system/private_files.ts";
import { shellQuote } from "../../system/quote.ts";
import { versionId } from "../../version.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { describeRetired, liveRetired } from "../retired.ts";
import { connectToDaemon, NoDaemonError } from "../daemon_client.ts";
import { describeFailure } from "../failure.ts";
import { untilInterrupted } from "../interrupt.ts";
import { print } from "../print.ts";
import { checkSocketPath } from "../socket_path.ts";

/** How long a tool may take to tell its version, in milliseconds. */
const TOOL_MS = 5_000;
/** How long the daemon may take to answer, in milliseconds. */
const DIAL_MS = 5_000;

type Verdict = "ok" | "warn" | "fail";

interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  /** What was found, and what to do about it. */
  readonly text: string;
}

export default defineCommand({
  usage: "doctor [--socket PATH] [--json]",
  about: "Checks what the daemon needs, and says what to do where something is wrong.",
  flags: { ...SOCKET_FLAG, json: { kind: "boolean", help: "print the findings as JSON" } },
  exitCodes: "0 nothing fails, 1 something does, 2 wrong arguments, 128 and the signal that ended it",
  examples: ["claustrum doctor"],
  async run({ flags: { socket = defaultSocket(), json } }) {
    using interrupted = untilInterrupted();
    const findings = await examine(socket, interrupted.signal);
    if (interrupted.signal.aborted) return interrupted.exitCode;
    if (json) print(JSON.stringify(findings));
    else for (const { check, verdict, text } of findings) print(`${mark(verdict)}  ${check.padEnd(12)} ${text}`);
    return findings.some(({ verdict }) => verdict === "fail") ? 1 : 0;
  },
});

const COLOURS = { ok: 32, warn: 33, fail: 31 } as const;

function mark(verdict: Verdict): string {
  const text = verdict.padEnd(4);
  const isPlain = Deno.noColor || !Deno.stdout.isTerminal();
  return isPlain ? text : `\x1b[${COLOURS[verdict]}m${text}\x1b[0m`;
}

async function examine(socket: string, signal: AbortSignal): Promise<Finding[]> {
  const checks: readonly (readonly [string, () => Promise<Finding | Finding[]>])[] = [
    ["directory", () => checkDirectory(socket)],
    ["lock", () => checkLock(socket)],
    ["token", () => checkToken(socket)],
    ["socket", () => checkDial(socket, signal)],
    ["retired", () => checkRetired(socket)],
    ["login PATH", () => checkLoginPath(signal)],
    ["git", () => checkTool("git", "fail", "git.* needs it: install git", signal)],
    ["tar", () => checkTool("tar", "warn", "only agents may want it: install tar", signal)],
    ["permissions", checkPermissions],
  ];
  const findings = [ok("version", `claustrum ${versionId()} on runtime ${Deno.version.deno}`)];
  for (const [check, work] of checks) if (!signal.aborted) findings.push(...[await attempt(check, work)].flat());
  return findings;
}

/** What keeps a check from looking is a finding, and keeps no other check from its own. */
async function attempt(check: string, work: () => Promise<Finding | Finding[]>): Promise<Finding | Finding[]> {
  try {
    return await work();
  } catch (error) {
    const failure = describeFailure(error);
    if (failure.isBug) throw error;
    return fail(check, failure.text);
  }
}

async function checkDirectory(socket: string): Promise<Finding> {
  const { directory } = daemonPaths(socket);
  if (!await isThere(directory)) return warn("directory", `${directory} is not there: claustrum serve makes it`);
  const info = await Deno.stat(directory);
  if (!info.isDirectory) return fail("directory", `${directory} is not a directory: choose another --socket`);
  const problem = Deno.build.os === "windows"
    ? undefined
    : directoryProblem(directory, info, thisUser()) ?? await parentsProblem(directory, thisUser());
  return problem === undefined ? ok("directory", `${directory} is yours alone to write`) : fail("directory", problem);
}

async function checkLock(socket: string): Promise<Finding> {
  const paths = daemonPaths(socket);
  const holder = await lockHolder(paths);
  if (holder === undefined) return warn("lock", "nobody holds it: start a daemon with claustrum serve");
  if (holder.socket === paths.socket) return ok("lock", `held by pid ${holder.pid} since ${holder.startedAt}`);
  return fail("lock", `held by the daemon on ${holder.socket} (pid ${holder.pid}): a directory has one daemon only`);
}

async function checkToken(socket: string): Promise<Finding> {
  const { token } = daemonPaths(socket);
  if (!await isThere(token)) return warn("token", `${token} is not there: a running daemon writes it`);
  const { mode, uid, isFile } = await Deno.lstat(token);
  if (!isFile) return fail("token", `${token} is not a regular file: choose another --socket`);
  const me = thisUser().uid;
  if (uid !== null && me !== null && uid !== me) {
    return fail("token", `${token} belongs to user ${uid} and you are ${me}: choose another --socket`);
  }
  if (mode !== null && (mode & 0o077) !== 0) return fail("token", `others may read it: chmod 600 ${shellQuote(token)}`);
  return ok("token", `${token} is yours alone to read`);
}

async function checkDial(socket: string, signal: AbortSignal): Promise<Finding> {
  checkSocketPath(socket);
  if (!await isThere(socket)) return warn("socket", `${socket} is not there: claustrum serve makes it`);
  if (!(await Deno.stat(socket)).isSocket) return fail("socket", `${socket} is no socket: choose another --socket`);
  const patience = AbortSignal.timeout(DIAL_MS);
  try {
    const until = AbortSignal.any([signal, patience]);
    await using client = await connectToDaemon(socket, until);
    const start = performance.now();
    const { version } = await client.call("server.version", undefined, { signal: until });
    return ok("socket", `${version} answers in ${(performance.now() - start).toFixed(1)} ms`);
  } catch (error) {
    if (error === patience.reason) {
      return fail(
        "socket",
        `the daemon does not answer within ${DIAL_MS / 1000} s: claustrum serve --replace ends it, and its processes`,
      );
    }
    if (error === signal.reason) return fail("socket", "the daemon was not waited for");
    if (!(error instanceof NoDaemonError)) throw error;
    return fail("socket", `nobody listens on ${socket}: claustrum serve replaces it`);
  }
}

/** One finding a daemon that has retired: it is well as long as another one relays to it. */
async function checkRetired(socket: string): Promise<Finding[]> {
  const isServed = await isThere(socket) && await isLive(socket);
  return (await liveRetired(socket)).map((daemon) => {
    const text = describeRetired(daemon);
    return isServed
      ? ok("retired", `${text}, keeps its processes`)
      : warn("retired", `${text}, keeps processes that nobody reaches: claustrum serve`);
  });
}

async function checkLoginPath(signal: AbortSignal): Promise<Finding> {
  const path = await loginPath({ shell: Deno.env.get("SHELL"), log: silentLogger, signal });
  if (path !== undefined) return ok("login PATH", `${path.split(":").length} entries`);
  return warn("login PATH", "your login shell did not tell it: processes get the daemon's own");
}

async function checkTool(
  name: string,
  otherwise: "warn" | "fail",
  advice: string,
  signal: AbortSignal,
): Promise<Finding> {
  const answer = await runBriefly(name, ["--version"], { timeoutMs: TOOL_MS, captures: true, signal });
  if (answer?.isOk) return ok(name, answer.text.split("\n")[0]!);
  return { check: name, verdict: otherwise, text: `it cannot be run; ${advice}` };
}

async function checkPermissions(): Promise<Finding> {
  const missing: string[] = [];
  for (const name of ["read", "write", "run", "env", "sys"] as const) {
    if ((await Deno.permissions.query({ name })).state !== "granted") missing.push(`--allow-${name}`);
  }
  if (missing.length === 0) return ok("permissions", "read, write, run, env and sys are granted");
  return fail("permissions", `not granted: ${missing.join(" ")}; run with -P=serve`);
}

function ok(check: string, text: string): Finding {
  return { check, verdict: "ok", text };
}

function warn(check: string, text: string): Finding {
  return { check, verdict: "warn", text };
}

function fail(check: string, text: string): Finding {
  return { check, verdict: "fail", text };
}
