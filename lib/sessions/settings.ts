import type { PermissionPolicy } from "./types.ts";

/** The settings of a keeper of sessions. */
export interface SessionSettings {
  /** The name of this hub. @default {"local"} */
  readonly host: string;
  /** The user's home directory, where the agent CLI keeps its files. */
  readonly home: string;
  /** The agent CLI: a path, or a name that is looked up where the daemon looks. @default {"claude"} */
  readonly agentBinary: string;
  /** Variables of agents. @default {{}} */
  readonly agentEnv: Readonly<Record<string, string>>;
  /** Directories to append to the PATH of agents. @default {[]} */
  readonly agentPathAppend: readonly string[];
  /** The policy of sessions that name none. @default {"ask"} */
  readonly policy: PermissionPolicy;
  /** How long a question waits until it is denied, in seconds; 0 for no limit. @default {0} */
  readonly askTimeoutSeconds: number;
  /** What the names of tmux sessions begin with. @default {"claustrum-"} */
  readonly tmuxPrefix: string;
  /** The socket of the tmux server. */
  readonly tmuxSocket: string;
  /** Whether sessions whose agent was lost with the daemon are resumed. @default {false} */
  readonly resumeLost: boolean;
  /** How many agents may run at a time; 0 for no limit. @default {50} */
  readonly max: number;
  /** After how many idle minutes an agent is stopped; 0 for never. @default {0} */
  readonly idleStopMinutes: number;
  /** What a session may cost in US dollars before its queue waits for a person; 0 for no limit. @default {0} */
  readonly maxCostUsd: number;
  /** How many days events are kept; 0 forever. @default {0} */
  readonly keepDays: number;
  /** How much the kept events may occupy, in MiB; 0 for no limit. @default {0} */
  readonly keepMb: number;
  /** Texts that no call of a tool may contain without a person. @default {["claustrum"]} */
  readonly guarded: readonly string[];
  /** Whether permissions may be bypassed in a directory. @default {never} */
  readonly mayBypass: (path: string) => boolean;
}

/** Returns settings with their defaults. */
export function sessionSettings(
  given: Partial<SessionSettings> & Pick<SessionSettings, "home" | "tmuxSocket">,
): SessionSettings {
  return {
    host: "local",
    agentBinary: "claude",
    agentEnv: {},
    agentPathAppend: [],
    policy: "ask",
    askTimeoutSeconds: 0,
    tmuxPrefix: "claustrum-",
    resumeLost: false,
    max: 50,
    idleStopMinutes: 0,
    maxCostUsd: 0,
    keepDays: 0,
    keepMb: 0,
    guarded: ["claustrum"],
    mayBypass: () => false,
    ...given,
  };
}
