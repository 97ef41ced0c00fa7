/**
 * How git is run so that it asks nothing and runs nothing of the repositories that it looks at.
 *
 * @module
 */

/** Disables prompts, pagers, editors, optional locks and translations. */
export const ENVIRONMENT = {
  LC_ALL: "C",
  GIT_TERMINAL_PROMPT: "0",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_PAGER: "cat",
  GIT_EDITOR: "false",
  GIT_ASKPASS: "false",
} as const;

/** Disables programs in the configuration; only settings on the command line override those of a repository. */
export const SAFE_CONFIG: readonly string[] = [
  "-c",
  "core.fsmonitor=false",
  "-c",
  "core.hooksPath=/dev/null",
  "-c",
  "core.pager=cat",
];
/** Also disables fetching missing objects of a partial clone, which would run a helper program. */
export const SAFE_ENVIRONMENT = { ...ENVIRONMENT, GIT_NO_LAZY_FETCH: "1", GIT_ALLOW_PROTOCOL: "none" } as const;

/** Variables that make git use other files or programs, skip checks, or print secrets; some do so even if empty. */
const UNSET: readonly string[] = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_COMMON_DIR",
  "GIT_NAMESPACE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_SHALLOW_FILE",
  "GIT_CONFIG",
  "GIT_CONFIG_PARAMETERS",
  "GIT_EXEC_PATH",
  "GIT_TEMPLATE_DIR",
  "GIT_EXTERNAL_DIFF",
  "GIT_PROXY_COMMAND",
  "GIT_SSH",
  "GIT_SSL_NO_VERIFY",
  "GIT_CURL_VERBOSE",
  "GIT_TRACE",
  "GIT_TRACE_CURL",
  "GIT_TRACE_CURL_NO_DATA",
  "GIT_TRACE_PACKET",
  "GIT_TRACE_PACKFILE",
  "GIT_TRACE_SETUP",
  "GIT_TRACE2",
  "GIT_TRACE2_EVENT",
  "GIT_TRACE2_PERF",
];

/**
 * Returns arguments of `env` that keep variables of the daemon from git: one that a hook of git started has them.
 *
 * @param env The variables for git; these stay.
 */
export function unsetArgs(env: Readonly<Record<string, string>>): string[] {
  return UNSET.filter((name) => !(name in env)).flatMap((name) => ["-u", name]);
}

/** A setting of git: its key and its value. */
export type GitSetting = readonly [key: string, value: string];

/**
 * Returns the variables that give git additional settings, which git 2.31 and newer ones read. In an argument, a key
 * ends at the first `=`, which the name of a filter may contain, and everybody on the machine can read it.
 *
 * @param first How many settings the environment has already.
 */
export function settingVariables(settings: readonly GitSetting[], first = 0): Record<string, string> {
  const entries = settings.flatMap(([key, value], i) => [
    [`GIT_CONFIG_KEY_${first + i}`, key],
    [`GIT_CONFIG_VALUE_${first + i}`, value],
  ]);
  return { ...Object.fromEntries(entries), GIT_CONFIG_COUNT: String(first + settings.length) };
}

/** Allows what fetches missing objects of a partial clone, except for helpers that a repository names. */
export const WORK_PROTOCOLS = "file:http:https:ssh";
