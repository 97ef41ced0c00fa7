/**
 * What remote control needs to know.
 *
 * @module
 */

import type { InstanceMode } from "./types.ts";

/** A project, as remote control needs it. */
export interface RemoteProject {
  /** The name. */
  readonly name: string;
  /** The directory, absolute and without symlinks. */
  readonly path: string;
  /** Whether it is a git repository. */
  readonly isGitRepo: boolean;
  /** Whether the user trusts it. */
  readonly isTrusted: boolean;
  /** Whether agents there may run without permissions. */
  readonly allowsBypass: boolean;
}

/** The projects. */
export interface RemoteProjects {
  /**
   * Returns a project; `undefined` if there is none of this name.
   *
   * @throws {RequestError} If there are no projects at all, or what is known of them cannot be read.
   */
  projectOf(name: string): Promise<RemoteProject | undefined>;
  /** Returns the names and directories of all projects. */
  places(): Promise<readonly Pick<RemoteProject, "name" | "path">[]>;
}

/** The settings of remote control. */
export interface RemoteSettings {
  /** The directory of the logs of instances; it is made when it is needed. */
  readonly directory: string;
  /** The user's home directory, where the agent CLI keeps its files. */
  readonly home: string;
  /** The socket of the tmux server. */
  readonly tmuxSocket: string;
  /** What the names of tmux sessions begin with. */
  readonly tmuxPrefix: string;
  /** The agent CLI: a path, or a name that is looked up where the daemon looks. */
  readonly agentBinary: string;
  /** Variables of agents. */
  readonly agentEnv: Readonly<Record<string, string>>;
  /** Directories to append to the PATH of agents. */
  readonly agentPathAppend: readonly string[];
  /** How many instances may run at a time; 0 for no limit. */
  readonly max: number;
  /** The mode of new instances. */
  readonly mode: InstanceMode;
  /** Whether remote control is acknowledged on the user's behalf. */
  readonly autoEnable: boolean;
  /** How long an instance may take to be ready, in seconds. */
  readonly graceSeconds: number;
  /** How many sessions a server may have at a time; 0 for the agent CLI's own limit. */
  readonly capacity: number;
  /** What the names of a server's sessions begin with; `undefined` for the agent CLI's own. */
  readonly sessionNamePrefix: string | undefined;
  /** Whether servers log in detail. */
  readonly isVerbose: boolean;
  /** Whether an instance that crashes is started again. */
  readonly restartsOnCrash: boolean;
  /** How often to look for sessions of others, in seconds. */
  readonly pollSeconds: number;
  /** Whether secrets are masked in the files of the logs, too. */
  readonly redactOnDisk: boolean;
  /** Texts that are masked in logs, such as tokens of this program. */
  readonly secrets: readonly string[];
  /** The program of the recap, with its arguments; `undefined` if there are no recaps. */
  readonly recapCommand: readonly string[] | undefined;
  /** How long a recap may be, in characters. */
  readonly recapMaxChars: number;
}
