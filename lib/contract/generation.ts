/**
 * The generations of the contract, as data: what `next` changes is what {@linkcode NEXT} names. What only code can say is
 * in `lib/methods/generation_methods.ts`, which has a table of the same names (contract: Generations).
 *
 * A daemon serves one generation for as long as it runs. A rule that both share is stated once, in {@linkcode SEED}.
 *
 * @module
 */

import { type InstallRules, NEXT_INSTALL, SEED_INSTALL } from "./install_rules.ts";
import { NEXT_PROCESSES, type ProcessRules, SEED_PROCESSES } from "./process_rules.ts";

/** The name of a generation, as `--contract` and the configuration spell it. */
export type GenerationName = "seed" | "next";

/** A generation of the contract. */
export interface Generation {
  /** Its name. */
  readonly name: GenerationName;
  /** The texts that may stand before the first dot of a method. */
  readonly namespaces: readonly string[];
  /** The methods of the contract, in the order in which `server.capabilities` lists them. */
  readonly methods: readonly string[];
  /** The optional features, in the order in which `server.capabilities` lists them. */
  readonly features: readonly string[];
  /** The codes of its errors. */
  readonly errorCodes: readonly number[];
  /** The first digits of the builds of the original daemon that are known to speak it. */
  readonly builds: readonly string[];
  /** Whether `server.capabilities` and the announcement of the daemon name its instance. */
  readonly namesInstance: boolean;
  /** The methods that need no token. */
  readonly openMethods: readonly string[];
  /** How long a connection may be silent in both directions before it is closed, in milliseconds; 0 for ever. */
  readonly idleMs: number;
  /** How long a daemon may take until it accepts connections, in milliseconds. */
  readonly readyMs: number;
  /** Whether `-stop` and the log tell what has become of the daemon, and `-stop` ends one that does not answer. */
  readonly stopTells: boolean;
  /** Whether there is `-probe-cli`. */
  readonly probesClis: boolean;
  /** The rules about processes. */
  readonly processes: ProcessRules;
  /** The rules about the installation of a CLI. */
  readonly install: InstallRules;
}

/** The generation that is served unless another one is chosen. */
export const SEED: Generation = {
  name: "seed",
  namespaces: ["server", "files", "git", "process"],
  methods: [
    "server.ping",
    "server.version",
    "server.capabilities",
    "server.shutdown",
    "files.list",
    "files.validate",
    "files.stat",
    "files.read",
    "files.extract_tar",
    "git.info",
    "git.status",
    "git.list_branches",
    "git.worktree_create",
    "git.worktree_remove",
    "process.spawn",
    "process.stdin",
    "process.kill",
    "process.killAndWait",
    "process.reattach",
  ],
  features: ["process.stdin.offset"],
  errorCodes: [-32700, -32001, -32600, -32601, -32602, -32603, -32003],
  builds: [],
  namesInstance: false,
  openMethods: [],
  idleMs: 0,
  readyMs: 10_000,
  stopTells: false,
  probesClis: false,
  processes: SEED_PROCESSES,
  install: SEED_INSTALL,
};

/** Whether work trees may lie outside of their repository; Windows lacks what the checks need. */
const HAS_EXTERNAL_ROOTS = Deno.build.os !== "windows";

/** The newest generation. */
export const NEXT: Generation = {
  ...SEED,
  name: "next",
  namespaces: ["server", "files", "git", "launcher", "process", "plugins"],
  methods: [
    ...SEED.methods.filter((name) => name !== "server.version" && !name.startsWith("process.")),
    "launcher.resolve",
    ...SEED.methods.filter((name) => name.startsWith("process.")),
    "plugins.prune",
  ],
  features: [
    ...SEED.features,
    "git.status.baseRepo",
    "git.info.discovered_root",
    "git.worktree_create.timeoutMs",
    "git.worktree_create.existingBranch",
    "git.worktree_remove.unpushedGuard",
    "process.spawn.shellAgentSocket",
    "launcher.managed",
    "server.peer_check",
    "files.extract_tar.execBit",
    ...(HAS_EXTERNAL_ROOTS ? ["git.worktree.external_root"] : []),
    "server.instance_id",
  ],
  errorCodes: [...SEED.errorCodes, -32002, -32004, -32005],
  builds: ["7d193f89", "4534d86", "3ef9370e", "19f30c46", "90fca6e6", "f6010b97", "89cb6289", "5fd08069"],
  namesInstance: true,
  openMethods: ["server.shutdown"],
  idleMs: 5 * 60_000,
  readyMs: 12_000,
  stopTells: true,
  probesClis: true,
  processes: NEXT_PROCESSES,
  install: NEXT_INSTALL,
};

/** All generations, by name. */
export const GENERATIONS: Readonly<Record<GenerationName, Generation>> = { seed: SEED, next: NEXT };

/** The names of all generations, the default first. */
export const GENERATION_NAMES: readonly GenerationName[] = ["seed", "next"];

/** Whether a text is the name of a generation. */
export function isGenerationName(text: unknown): text is GenerationName {
  return typeof text === "string" && Object.hasOwn(GENERATIONS, text);
}

/** Returns the name of the generation that a daemon with these methods serves. */
export function generationOfMethods(methods: readonly string[]): GenerationName {
  return methods.includes("server.version") ? "seed" : "next";
}

/**
 * Returns what is wrong with reporting the id of a build while serving a generation; `undefined` if nothing is known to
 * be wrong.
 *
 * @param build The id in hexadecimal; `""` for none.
 */
export function buildMismatch(build: string, { name }: Generation): string | undefined {
  if (build === "") return undefined;
  const id = build.toLowerCase();
  const isOf = ({ builds }: Generation) => builds.some((known) => id.startsWith(known));
  const other = Object.values(GENERATIONS).find((generation) => generation.name !== name && isOf(generation));
  if (other === undefined) return undefined;
  return `version-override names a build that speaks contract = ${other.name}, and contract = ${name} is served: ` +
    `a client that expects that build may silently get something else`;
}
