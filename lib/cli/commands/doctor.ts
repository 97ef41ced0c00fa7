import { directoryProblem, thisUser, waysProblem } from "../../daemon/directory.ts";
import { lockHolder } from "../../daemon/lock.ts";
import { silentLogger } from "../../daemon/log.ts";
import { loginPath } from "../../daemon/login_shell.ts";
import { isLive } from "../../daemon/socket.ts";
import { runBriefly } from "../../install/run_briefly.ts";
import { daemonPaths, defaultSocket } from "../../system/paths.ts";
import { isThere } from "../../system/private_files.ts";
import { versionId } from "../../version.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { describeRetired, liveRetired } from "../retired.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { print } from "../print.ts";

/** How long a tool may take to tell its version, in milliseconds. */
const TOOL_MS = 5_000;

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
  exitCodes: "0 nothing fails, 1 something does, 2 wrong arguments",
  examples: ["claustrum doctor"],
  async run({ flags: { socket = defaultSocket(), json } }) {
    const findings = await examine(socket);
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

async function examine(socket: string): Promise<Finding[]> {
  return [
    { check: "version", verdict: "ok", text: `claustrum ${versionId()} on runtime ${Deno.version.deno}` },
    await checkDirectory(socket),
    await checkLock(socket),
    await checkToken(socket),
    await checkDial(socket),
    ...await checkRetired(socket),
    await checkLoginPath(),
    await checkTool("git", "fail", "git.* needs it: install git"),
    await checkTool("tar", "warn", "only agents may want it: install tar"),
    await checkPermissions(),
  ];
}

async function checkDirectory(socket: string): Promise<Finding> {
  const { directory } = daemonPaths(socket);
  if (!await isThere(directory)) return warn("directory", `${directory} is not there: claustrum serve makes it`);
  const problem = Deno.build.os === "windows"
    ? undefined
    : directoryProblem(directory, await Deno.stat(directory), thisUser()) ?? await waysProblem(directory, thisUser());
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
  const { mode } = await Deno.stat(token);
  if (mode !== null && (mode & 0o077) !== 0) return fail("token", `others may read it: chmod 600 ${token}`);
  return ok("token", `${token} is yours alone to read`);
}

async function checkDial(socket: string): Promise<Finding> {
  if (!await isThere(socket)) return warn("socket", `${socket} is not there: claustrum serve makes it`);
  if (!await isLive(socket)) return fail("socket", `nobody listens on ${socket}: claustrum serve replaces it`);
  try {
    await using client = await connectToDaemon(socket);
    const start = performance.now();
    const { version } = await client.call("server.version");
    return ok("socket", `${version} answers in ${(performance.now() - start).toFixed(1)} ms`);
  } catch (error) {
    return fail("socket", error instanceof Error ? error.message : String(error));
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

async function checkLoginPath(): Promise<Finding> {
  const path = await loginPath({ shell: Deno.env.get("SHELL"), log: silentLogger });
  if (path !== undefined) return ok("login PATH", `${path.split(":").length} entries`);
  return warn("login PATH", "your login shell did not tell it: processes get the daemon's own");
}

async function checkTool(name: string, otherwise: "warn" | "fail", advice: string): Promise<Finding> {
  const answer = await runBriefly(name, ["--version"], { timeoutMs: TOOL_MS, captures: true });
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
