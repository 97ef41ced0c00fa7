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
