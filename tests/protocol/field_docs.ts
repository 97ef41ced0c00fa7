/**
 * What the fields of params and results mean. They are documented here and not in the protocol, which the daemon keeps
 * in memory.
 *
 * @module
 */

/**
 * By field name. A meaning that only one method has is under `method.field`, and one that only a request has
 * is under `method.params.field`.
 */
const FIELD_DOCS: Readonly<Record<string, string>> = {
  alreadyExited: "Whether the process had ended before the signal; absent when it had not.",
  applied: "The count of all bytes that the process's stdin has accepted.",
  arch: "The processor architecture, as Go names it.",
  archivePath: "The path of the archive, which is removed.",
  args: "The arguments, without the command itself.",
  attached: "Whether a client receives its stream.",
  baseRepo: "The path of the repository.",
  branch: "The current branch, or `detached:` and the commit.",
  branchName: "The name of the branch.",
  branches: "The names of the local branches, sorted by bytes.",
  bufferedBytes: "The size of its replay buffer, in bytes.",
  changes: "The changed files, as `git status --porcelain` prints them.",
  "process.spawn.params.cleanEnv":
    "Whether it gets nothing else of the daemon's environment than HOME, LOGNAME, PATH, SHELL and USER.",
  cleanEnv: "Whether it gets hardly anything of the daemon's environment; absent when it gets all.",
  clean: "Whether nothing is changed.",
  command: "The program: a path, or a name that is looked up on the PATH.",
  content: "The content of the file.",
  cwd: "The working directory; the daemon's own when it is empty.",
  daemon: "The pid of the retired daemon that has the process; absent for the daemon's own processes.",
  data: "The bytes to write, in base64.",
  defaultBranch: "The branch that the remote's HEAD points to, or an empty string.",
  destDir: "The directory to extract into, which is wiped first.",
  died: "Whether the process has ended.",
  duplicate: "Whether all of the bytes had been written before; absent when they had not.",
  entries: "The entries of the directory, sorted by bytes.",
  env: "Environment variables, in addition to those of the daemon.",
  "process.inspect.params.env": "Whether the result has `env`.",
  error: "Why it failed; absent when it succeeded.",
  errorCode: "The kind of failure, for programs; absent when it succeeded.",
  escalate: "Whether the whole group is killed when the process has not ended in time; true when absent.",
  escalated: "Whether the group had to be killed; absent when it did not.",
  exact: "Whether bytes at an offset that another client has written to are refused, instead of counting as repeated.",
  exists: "Whether the path exists.",
  exitCode: "The exit code, -1 when a signal ended the process; absent while it runs.",
  "process.spawn.exitDetail": "Whether the exit frame also has `signal` and `killedBy`.",
  "process.list.params.exitDetail": "Whether the result reports which processes were started with `exitDetail`.",
  "process.list.exitDetail":
    "Whether the process was started with `exitDetail`; reported when the request asks for it.",
  "server.capabilities.params.extensions": "Whether the result reports `extensions` and `keepsChildren`.",
  "server.capabilities.extensions": "The extensions of the contract that the daemon has.",
  features: "The optional features of the contract that the daemon has.",
  file: "The program that the command leads to now; absent when it leads to none.",
  fileCount: "How many files were extracted.",
  firstSeq: "The number of the oldest frame in the replay buffer.",
  found: "Whether the daemon knows the process.",
  fresh: "Whether an id that a running process has is refused, instead of ending that process.",
  fromSeq: "The number of the last frame that the client has; all later frames are sent.",
  group: "Whether the signal is sent to the whole process group.",
  id: "The name that the client gave to the process.",
  isDir: "Whether the path is a directory.",
  isRepo: "Whether the path is inside a git work tree.",
  keepsChildren: "Whether processes live on when the daemon stops; absent when they end with it.",
  "process.spawn.params.labels": "What the process is listed with, for clients to find it by.",
  labels: "The labels that the process was started with; absent when there are none.",
  lastSeq: "The number of the newest frame.",
  "process.forget.params.log":
    "Whether to remove the files of its log, too, unless a client has chosen where they are.",
  "process.spawn.params.log":
    "Whether its output also goes to rotated files in the daemon's directory of logs; as the configuration says when absent.",
  log: "The path of the newest file of its log; absent when it has none.",
  logFile: "The absolute path of the file to log to, instead of one in the daemon's directory of logs.",
  logRun: "The name by which the times beside the log call this process; absent when it has no log.",
  maxBytes: "The largest file to read, in bytes; 262,144 when absent.",
  methods: "The methods of the contract.",
  mode: "The file type and permissions, such as `-rw-r--r--`.",
  name: "The name of the entry.",
  notice: "Whether the client is told when it loses the stream of the process.",
  observe: "Whether to follow without taking the stream from the client that receives it.",
  offset: "Where in the whole stdin stream the bytes begin; bytes that were accepted before are not written again.",
  path: "The path of the file or directory.",
  "process.reattach.params.pid": "The process id that the process must have; any when absent.",
  pid: "The process id.",
  platform: "The operating system, as Go names it.",
  pong: "Always true.",
  processes: "The processes, oldest first.",
  repo: "The name of the repository's directory.",
  repoSlug: "`owner/name` on github.com, or an empty string.",
  "process.spawn.params.restart":
    "When the process is started again after it has ended by itself: `no`, `always`, `on-failure` or `on-failure:N`.",
  restart: "When the process is started again after it has ended by itself; absent when never.",
  restartAt: "When the process is started again, in seconds since the epoch; absent unless it waits for that.",
  restarts: "How often the process was started again; absent when it has no `restart` and never was.",
  root: "The top directory of the work tree.",
  running: "Whether the process still runs.",
  signal: "The name of a signal, such as `SIGTERM`.",
  size: "The size, in bytes.",
  sourceBranch: "The branch or commit that the new branch starts from.",
  startTime: "When the process was started, in seconds since the epoch.",
  stdinApplied: "The count of all bytes that the process's stdin has accepted.",
  success: "Whether it succeeded.",
  timeoutMs: "How long to wait for the process to end, in milliseconds; 3000 when absent.",
  times: "Whether each frame has `time`: when it came, in milliseconds since the epoch.",
  to: "The new id of the process.",
  valid: "Whether the path exists.",
  version: "The version of the daemon.",
  wantPid: "Whether the result has `pid` and `startTime`.",
  worktreePath: "The path of the work tree.",
};

/**
 * Describes a field.
 *
 * @throws {Error} If the field is not documented.
 */
export function fieldDoc(method: string, place: "params" | "result", field: string): string {
  const own = place === "params" ? FIELD_DOCS[`${method}.params.${field}`] : undefined;
  const doc = own ?? FIELD_DOCS[`${method}.${field}`] ?? FIELD_DOCS[field];
  if (doc === undefined) throw new Error(`describe the field "${field}" of ${method} in tests/protocol/field_docs.ts`);
  return doc;
}
