/**
 * Running git for `contract = next`: in the directory itself, on the repository that was found without git, with
 * everything off that the repository could run (contract: Git methods of next).
 *
 * @module
 */

import { type ConfigListing, listConfig } from "../list_config.ts";
import { allowedProtocols, type ConfigEntry, configValue, GUARD_CONFIG, guardSettings } from "../repository_guard.ts";
import { type GitOptions, type GitResult, runGitProgram, settingArguments } from "../run_git.ts";
import { ENVIRONMENT, type GitSetting } from "../safe_git.ts";
import { decodeUtf8 } from "../../system/utf8.ts";
import { gitText } from "./git_text.ts";
import { GitRefusal } from "./refusal.ts";
import { WHOLE_TEXTS } from "./texts.ts";

/** The repository that git works on. */
export interface PinnedPlace {
  /** The directory that git runs in. */
  readonly directory: string;
  /** The git directory that all work trees share. */
  readonly commonDir: string;
  /** The git directory of the work tree. @default {what git finds} */
  readonly gitDir?: string;
}

/** How git may use the network. */
export type Network = "none" | "https and ssh";

/** How long git may take, and what ends it. */
export type GitLimits = Omit<GitOptions, "directory">;

/** Variables that make git use another repository than that of its directory. */
const REDIRECTIONS = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_NAMESPACE",
  "GIT_PREFIX",
  "GIT_SHALLOW_FILE",
  "GIT_REPLACE_REF_BASE",
  "GIT_EXTERNAL_DIFF",
  "GIT_TEMPLATE_DIR",
];

type ListedConfig = Extract<ConfigListing, { kind: "listed" }>;

/** Git on one repository, whose configuration is known. */
export class PinnedGit {
  readonly #place: PinnedPlace;
  readonly #limits: GitLimits;
  readonly #network: Network;
  readonly #settings: readonly GitSetting[];
  readonly #variables: NetworkVariables;
  readonly #config: ListedConfig;

  private constructor(place: PinnedPlace, limits: GitLimits, network: Network, config: ListedConfig) {
    this.#place = place;
    this.#limits = limits;
    this.#network = network;
    this.#config = config;
    this.#settings = guardSettings(config.possible);
    const variables = NETWORK[network];
    this.#variables = {
      ...variables,
      GIT_ALLOW_PROTOCOL: allowedProtocols(config.possible, variables.GIT_ALLOW_PROTOCOL),
    };
  }

  /**
   * Lists the configuration in force, which every other command needs.
   *
   * @returns `undefined` if git sees no repository there, or is not installed.
   * @throws {GitRefusal} If git fails otherwise.
   */
  static async open(place: PinnedPlace, limits: GitLimits, network: Network): Promise<PinnedGit | undefined> {
    const config = await listConfig((args) => start(place, args, limits, NETWORK[network]));
    if (config.kind === "listed") return new PinnedGit(place, limits, network, config);
    const listing = config.result;
    if (isNoRepository(listing)) return undefined;
    const version = await start(place, ["version"], limits, NETWORK[network]);
    const text = version.isOk ? WHOLE_TEXTS.W12 : WHOLE_TEXTS.W11;
    throw new GitRefusal(text(listing.failure, gitText(listing)));
  }

  /** The configuration in force, and what the repository would put in force under any condition. */
  get possibleConfig(): readonly ConfigEntry[] {
    return this.#config.possible;
  }

  /** Returns the last value of a key of the configuration. */
  setting(key: string): string | undefined {
    return configValue(this.#config.entries, key);
  }

  /** Returns git in another directory of the same repository. */
  in(directory: string): PinnedGit {
    return new PinnedGit({ ...this.#place, directory }, this.#limits, this.#network, this.#config);
  }

  /** Runs a git command. */
  run(args: readonly string[], more: RunMore = {}): Promise<GitResult> {
    const { settings = [], ...rest } = more;
    const limits = { ...this.#limits, ...rest };
    return start(this.#place, args, limits, this.#variables, [...this.#settings, ...settings]);
  }

  /** Runs a git command that prints one text; returns `undefined` if it fails. */
  async ask(...args: string[]): Promise<string | undefined> {
    const { isOk, stdout } = await this.run(args);
    return isOk ? decodeUtf8(stdout) : undefined;
  }
}

/** How one command differs from the others. */
export interface RunMore extends Partial<GitLimits> {
  /** Additional settings. */
  readonly settings?: readonly GitSetting[];
  /** What git reads from its stdin. */
  readonly input?: Uint8Array;
}

function isNoRepository({ failure, stderr }: GitResult): boolean {
  if (failure.startsWith('exec: "git": ')) return true;
  return failure === "exit status 128" && decodeUtf8(stderr).startsWith("fatal: not a git repository");
}

function start(
  { directory, commonDir, gitDir }: PinnedPlace,
  args: readonly string[],
  { input, ...limits }: GitLimits & { readonly input?: Uint8Array },
  network: NetworkVariables,
  settings: readonly GitSetting[] = [],
): Promise<GitResult> {
  const inherited = Deno.env.toObject();
  for (const name of REDIRECTIONS) delete inherited[name];
  const more = settingArguments(settings);
  const env = {
    ...inherited,
    ...ENVIRONMENT,
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_GRAFT_FILE: "/dev/null",
    GIT_COMMON_DIR: commonDir,
    ...network,
    ...(gitDir === undefined ? {} : { GIT_DIR: gitDir, GIT_WORK_TREE: directory }),
    ...more.env,
  };
  const how = { cwd: directory, env, clearEnv: true, ...(input === undefined ? {} : { input }) };
  return runGitProgram([...GUARD_CONFIG, ...more.args, ...args], how, limits, limits.signal);
}

/** The variables that decide how git may use the network. */
interface NetworkVariables {
  readonly GIT_ALLOW_PROTOCOL: string;
  readonly GIT_NO_LAZY_FETCH?: string;
}

const NETWORK: Readonly<Record<Network, NetworkVariables>> = {
  "none": { GIT_ALLOW_PROTOCOL: "none", GIT_NO_LAZY_FETCH: "1" },
  "https and ssh": { GIT_ALLOW_PROTOCOL: "https:ssh" },
};
