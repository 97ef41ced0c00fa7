import type { DoctorCheck } from "../../hub/operation_types.ts";
import { abortable } from "../../client/abortable.ts";
import { configFiles, readConfig } from "../../config/config_file.ts";
import { buildMismatch, type GenerationName, generationOfMethods, GENERATIONS } from "../../contract/generation.ts";
import { importLate } from "../../system/import_late.ts";
import { directoryProblem, parentsProblem, thisUser } from "../../system/private_directory.ts";
import { lockHolder } from "../../system/lock_file.ts";
import { silentLogger } from "../../system/log.ts";
import { loginPath } from "../../daemon/launch/login_shell.ts";
import { isLive } from "../../system/private_socket.ts";
import { runBriefly } from "../../process/run_briefly.ts";
import { daemonPaths, defaultSocket, NoHomeError } from "../../system/paths.ts";
import { isThere } from "../../system/private_files.ts";
import { shellQuote } from "../../system/quote.ts";
import { writeProblem } from "../../system/write_problem.ts";
import { readableVersion } from "../../version.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { describeRetired, liveRetiredDaemons } from "../retired_daemons.ts";
import { connectToDaemon, NoDaemonError } from "../daemon_client.ts";
import { describeError } from "../report_error.ts";
import { abortOnTermination } from "../termination_signal.ts";
import { print, printText } from "../print.ts";
import { checkSocketPath } from "../socket_path.ts";
import { toOneLine } from "../terminal_text.ts";
import { formatVerdict, type Verdict } from "../verdict.ts";

/** How long a tool may take to print its version, in milliseconds. */
const TOOL_MS = 5_000;
/** How long the daemon may take to answer, in milliseconds. */
const DIAL_MS = 5_000;

const HUB_VERDICTS = { ok: "ok", warning: "warn", error: "fail" } as const;
/** Instead of what the hub's checks say about a daemon that does not run: the checks of the daemon have said it. */
const NO_DAEMON: DoctorCheck = {
  name: "agent",
  status: "warning",
  message: "it and other programs are not checked, because no daemon runs",
  advice: "start one with claustrum serve",
};

interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  /** The result, and the remedy for a problem. */
  readonly text: string;
}

export default defineCommand({
  usage: "doctor [--socket PATH] [--json]",
  about: `Checks the environment of the daemon and of the hub, and suggests a remedy for each
problem. claustrum hub doctor checks the hub alone.`,
  flags: { ...SOCKET_FLAG, json: { kind: "boolean", help: "print the result as JSON" } },
  exitCodes: "0 no check fails, 1 a check fails, 2 wrong arguments, 128 plus the number of the signal that ended it",
  examples: ["claustrum doctor"],
  async run({ flags: { socket, json } }) {
    using termination = abortOnTermination();
    const findings = await runChecks(socket, termination.signal);
    if (termination.signal.aborted) return termination.exitCode;
    if (json) print(JSON.stringify(findings));
    else printText(format(findings));
    return findings.some(({ verdict }) => verdict === "fail") ? 1 : 0;
  },
});

function format(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings.map(({ check, verdict, text }) => `${formatVerdict(verdict)}  ${check.padEnd(width)} ${text}`)
    .join("\n");
}

async function runChecks(given: string | undefined, signal: AbortSignal): Promise<Finding[]> {
  const socket = given ?? defaultSocket();
  const checks: readonly (readonly [string, () => Promise<Finding | Finding[]>])[] = [
    ["directory", () => checkDirectory(socket)],
    ["settings", checkSettings],
    ["lock", () => checkLock(socket)],
    ["token", () => checkToken(socket)],
    ["socket", () => checkDial(socket, signal)],
    ["retired", () => checkRetired(socket)],
    ["login PATH", () => checkLoginPath(signal)],
    ["git", () => checkTool("git", "fail", "install git, which the methods git.* need", signal)],
    ["tar", () => checkTool("tar", "warn", "install tar, which agents may need", signal)],
    ...(Deno.build.os === "windows" ? [] : [["script", () => checkTerminals(signal)] as const]),
    ["permissions", checkPermissions],
    ["hub", () => checkHubToo(given, signal)],
  ];
  const findings = [ok("version", `claustrum ${readableVersion()} on runtime ${Deno.version.deno}`)];
  for (const [check, work] of checks) if (!signal.aborted) findings.push(...[await runCheck(check, work)].flat());
  return findings;
}

/** Runs a check. An error that prevents the check is a finding itself, and does not stop the other checks. */
async function runCheck(check: string, work: () => Promise<Finding | Finding[]>): Promise<Finding | Finding[]> {
  try {
    return await work();
  } catch (error) {
    const { text, isBug } = describeError(error);
    if (isBug) throw error;
    return fail(check, text);
  }
}

async function checkDirectory(socket: string): Promise<Finding> {
  const { directory } = daemonPaths(socket);
  if (!await isThere(directory)) return warn("directory", `${directory} does not exist: claustrum serve creates it`);
  const info = await Deno.stat(directory);
  if (!info.isDirectory) return fail("directory", `${directory} is not a directory: choose another --socket`);
  const problem = Deno.build.os === "windows"
    ? undefined
    : directoryProblem(directory, info, thisUser()) ?? await parentsProblem(directory, thisUser());
  if (problem !== undefined) return fail("directory", problem);
  const reason = await writeProblem(directory);
  if (reason === undefined) return ok("directory", `${directory} is writable by you only`);
  const advice = "make it writable for you, free some space, or choose another --socket";
  return fail("directory", `nothing can be written into ${directory}: ${reason}: ${advice}`);
}

/** Tells which lines of the configuration do not count. */
async function checkSettings(): Promise<Finding> {
  const ignored: string[] = [];
  await readConfig(configFiles(), (text) => ignored.push(text));
  if (ignored.length === 0) return ok("settings", "no line of claustrum.conf is ignored");
  return warn("settings", `${ignored.join("; ")}: correct it, and start the daemon again`);
}

async function checkLock(socket: string): Promise<Finding> {
  const paths = daemonPaths(socket);
  const holder = await lockHolder(paths);
  if (holder === undefined) return warn("lock", "not held: start a daemon with claustrum serve");
  if (holder.socket === paths.socket) return ok("lock", `held by pid ${holder.pid} since ${holder.startedAt}`);
  return fail("lock", `held by the daemon on ${holder.socket} (pid ${holder.pid}): use one directory per daemon`);
}

async function checkToken(socket: string): Promise<Finding> {
  const { token } = daemonPaths(socket);
  if (!await isThere(token)) return warn("token", `${token} does not exist: a running daemon writes it`);
  const { mode, uid, isFile } = await Deno.lstat(token);
  if (!isFile) return fail("token", `${token} is not a regular file: choose another --socket`);
  const me = thisUser().uid;
  if (uid !== null && me !== null && uid !== me) {
    return fail("token", `${token} belongs to user ${uid} and you are ${me}: choose another --socket`);
  }
  if (mode !== null && (mode & 0o077) !== 0) {
    return fail("token", `other users can read it: run chmod 600 ${shellQuote(token)}`);
  }
  return ok("token", `${token} is readable by you only`);
}

async function checkDial(socket: string, signal: AbortSignal): Promise<Finding | Finding[]> {
  checkSocketPath(socket);
  if (!await isThere(socket)) return warn("socket", `${socket} does not exist: claustrum serve creates it`);
  if (!(await Deno.stat(socket)).isSocket) return fail("socket", `${socket} is not a socket: choose another --socket`);
  const timeout = AbortSignal.timeout(DIAL_MS);
  try {
    const until = AbortSignal.any([signal, timeout]);
    await using client = await connectToDaemon(socket, until);
    const start = performance.now();
    const { version, methods } = await client.call("server.capabilities", undefined, { signal: until });
    const answered = ok("socket", `${version} answers in ${(performance.now() - start).toFixed(1)} ms`);
    return [answered, contractFinding(version, generationOfMethods(methods))];
  } catch (error) {
    if (error === timeout.reason) {
      return fail(
        "socket",
        `the daemon did not answer within ${DIAL_MS / 1000} s: claustrum serve --replace ends it and its processes`,
      );
    }
    if (error === signal.reason) return fail("socket", "interrupted before the daemon answered");
    if (!(error instanceof NoDaemonError)) throw error;
    return fail("socket", error.message);
  }
}

/** Tells which generation of the contract the daemon serves, and whether the build that it reports speaks another one. */
function contractFinding(version: string, name: GenerationName): Finding {
  const mismatch = buildMismatch(version, GENERATIONS[name]);
  if (mismatch === undefined) return ok("contract", `${name} is served`);
  return warn("contract", `${mismatch}: set contract in claustrum.conf or change version-override`);
}

/** Returns a finding for each retired daemon, which clients can reach only through a daemon that serves. */
async function checkRetired(socket: string): Promise<Finding[]> {
  const isServed = await isThere(socket) && await isLive(socket);
  return (await liveRetiredDaemons(socket)).map((daemon) => {
    const text = describeRetired(daemon);
    return isServed
      ? ok("retired", `${text}, keeps its processes running`)
      : warn("retired", `${text}, has processes that are not reachable: start a daemon with claustrum serve`);
  });
}

async function checkLoginPath(signal: AbortSignal): Promise<Finding> {
  const path = await loginPath({ shell: Deno.env.get("SHELL"), log: silentLogger, signal });
  if (path !== undefined) return ok("login PATH", `${path.split(":").length} entries`);
  return warn("login PATH", "your login shell did not report it: processes get the PATH of the daemon");
}

async function checkTool(
  name: string,
  otherwise: "warn" | "fail",
  advice: string,
  signal: AbortSignal,
): Promise<Finding> {
  const answer = await runBriefly(name, ["--version"], { timeoutMs: TOOL_MS, captures: true, signal });
  if (answer?.isOk) return ok(name, answer.text.split("\n")[0]!);
  return { check: name, verdict: otherwise, text: `cannot be run: ${advice}` };
}

/** Checks for the programs that give processes terminals. Not every \`script\` can tell its version. */
async function checkTerminals(signal: AbortSignal): Promise<Finding> {
  const args = ["-c", "command -v script && command -v stty >/dev/null"];
  const answer = await runBriefly("sh", args, { timeoutMs: TOOL_MS, captures: true, signal });
  if (answer?.isOk) return ok("script", answer.text.split("\n")[0]!);
  return warn("script", "script or stty is missing: install util-linux or bsdutils, which claustrum run -t needs");
}

async function checkPermissions(): Promise<Finding> {
  const missing: string[] = [];
  for (const name of ["read", "write", "run", "env", "sys"] as const) {
    if ((await Deno.permissions.query({ name })).state !== "granted") missing.push(`--allow-${name}`);
  }
  if (missing.length === 0) return ok("permissions", "read, write, run, env and sys are granted");
  return fail("permissions", `not granted: ${missing.join(" ")}; run with -P=serve`);
}

/** Checks the hub. What only a daemon can tell is no failure of the hub where none runs. */
async function checkHubToo(socket: string | undefined, signal: AbortSignal): Promise<Finding[]> {
  const { hubPaths } = await importLate<typeof import("../../hub/hub_paths.ts")>(
    import.meta.resolve("../../hub/hub_paths.ts"),
  );
  const { checkHub } = await importLate<typeof import("../hub_checks.ts")>(import.meta.resolve("../hub_checks.ts"));
  const daemonSocket = socket === undefined ? undefined : daemonPaths(socket).socket;
  try {
    const { isRunning, checks } = await abortable(checkHub({ paths: hubPaths(), daemonSocket }), signal);
    return checks.map((check) => check.name === "daemon" && !isRunning && check.status === "error" ? NO_DAEMON : check)
      .map(({ name, status, message, advice }) => ({
        check: name === "hub" ? name : `hub ${name}`,
        verdict: HUB_VERDICTS[status],
        text: toOneLine(advice === undefined ? message : `${message}: ${advice}`),
      }));
  } catch (error) {
    if (error instanceof NoHomeError) return []; // there can be no hub of this user
    if (error === signal.reason) return []; // the user has ended the command
    throw error;
  }
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
