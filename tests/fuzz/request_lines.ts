/**
 * Generates valid request lines and mutations of them.
 *
 * @module
 */

import type { GenerationName } from "../../lib/contract/generation.ts";
import { pick } from "../helpers/random.ts";
import { below, IN_PLACE, MOVING, mutate } from "./mutate.ts";

const ENCODER = new TextEncoder();

/** A request line. */
export interface FuzzLine {
  /** The line without its newline; a mutation may have inserted others. */
  readonly bytes: Uint8Array;
  /** The id of the request. */
  readonly id: string;
  /** Whether the line has each key once, in its usual spelling. */
  readonly isClean: boolean;
}

/** The directory and the token that the requests use. */
export interface Places {
  readonly directory: string;
  readonly token: string;
  /** The generation of the contract that the daemon serves. @default {"seed"} */
  readonly contract?: GenerationName;
}

type Pairs = [key: string, text: string][];
type Make = (places: Places, random: () => number) => Record<string, unknown>;

const paths = ({ directory }: Places) => [
  ...["", "/file", "/large", "/fifo"].map((name) => directory + name),
  ...["", "~", "~/file", "/no/such", "file", "/", "/dev/null"],
];
const processId = (random: () => number) => `f${below(random, 4)}`;

/** Params of cheap methods, which may be mutated in any way. */
const CHEAP: Readonly<Record<string, Make>> = {
  "server.ping": () => ({}),
  "server.version": () => ({}),
  "server.capabilities": (_, random) => ({ extensions: random() < 0.5 }),
  "files.list": ({ directory }) => ({ path: `${directory}/listed` }),
  "files.validate": (places, random) => ({ path: pick(random, paths(places)) }),
  "files.stat": (places, random) => ({ path: pick(random, paths(places)) }),
  "files.read": (places, random) => ({ path: pick(random, paths(places)), maxBytes: pick(random, [0, 1, 1 << 20]) }),
  "process.stdin": (_, random) => ({
    id: processId(random),
    data: "aGk=",
    offset: below(random, 4),
    exact: random() < 0.5,
  }),
  "process.kill": (_, random) => ({ id: processId(random), signal: pick(random, ["KILL", "SIGTERM", "", "x"]) }),
  "process.killAndWait": (_, random) => ({ id: processId(random), timeoutMs: 1 + below(random, 50) }),
  "process.reattach": (_, random) => ({
    id: processId(random),
    fromSeq: below(random, 3),
    observe: random() < 0.5,
    notice: random() < 0.5,
    ...(random() < 0.2 ? { pid: below(random, 100_000) } : {}),
  }),
  "process.list": () => ({}),
  "process.closeStdin": (_, random) => ({ id: processId(random) }),
  "process.forget": (_, random) => ({ id: processId(random) }),
  "unknown.method": () => ({}),
  "nodot": () => ({}),
};

/** Params of methods that start programs. */
const DEAR: Readonly<Record<string, Make>> = {
  "process.spawn": ({ directory }, random) => ({
    id: processId(random),
    command: pick(random, ["true", "cat", "echo", "no-such-command", `${directory}/file`]),
    args: ["<a&b>\u2028"],
    cwd: pick(random, ["", directory, "/no/such"]),
    env: { A: "1" },
    wantPid: random() < 0.5,
    exitDetail: random() < 0.5,
    notice: random() < 0.5,
  }),
  "git.info": ({ directory }) => ({ path: directory }),
  "git.status": ({ directory }) => ({ path: directory }),
  "git.list_branches": ({ directory }) => ({ path: directory }),
};

/** Params of methods that remove files: these are sent unchanged, or with wrong types only. */
const DANGEROUS: Readonly<Record<string, Make>> = {
  "files.extract_tar": ({ directory }, random) => ({
    archivePath: pick(random, [`${directory}/none`, `${directory}/fifo`, directory, "/dev/zero"]),
    destDir: `${directory}/out`,
  }),
  "git.worktree_create": () => ({ branchName: "" }),
  "git.worktree_remove": () => ({ worktreePath: "" }),
};

/** The methods of each generation. */
const METHODS = {
  seed: { cheap: CHEAP, dear: DEAR },
  next: {
    cheap: {
      ...CHEAP,
      "launcher.resolve": ({ directory }, random) => ({ cliPath: pick(random, ["", directory, "/no/such"]) }),
      "plugins.prune": (_, random) => ({ minAgeDays: below(random, 5_000), keep: [] }),
    },
    dear: {
      ...DEAR,
      "process.spawn": (places, random) => ({
        ...DEAR["process.spawn"]!(places, random),
        ...(random() < 0.3 ? { launcher: pick(random, [[], ["/usr/bin/env"], ["relative"], ["/no/such"]]) } : {}),
        disableShellAgentSocket: random() < 0.5,
      }),
      "git.status": ({ directory }) => ({ path: directory, baseRepo: directory }),
    },
  },
} as const satisfies Record<
  GenerationName,
  { readonly cheap: Readonly<Record<string, Make>>; readonly dear: Readonly<Record<string, Make>> }
>;

/** Values that are hard to parse or have a wrong type for some params. */
const ODDITIES: readonly string[] = [
  ..."null true false 0 -0 4.0 1e3 1e400 1e-400 -1 9007199254740993 18446744073709551615 18446744073709551616".split(
    " ",
  ),
  ...'"" "x" [] {} [1] [[[[]]]] {"a":{"b":[]}} [null] "\\ud800" "\\udc00\\ud800" "\\u0000" "\\u2028<>&" "\\/"'.split(
    " ",
  ),
  ...'"\u007f" "\ufeff" "\u2028" "é\u{1f600}" "2.0" "server.ping" ".x" "files."'.split(" "),
];
/** Texts that are not JSON. */
const NONSENSE: readonly string[] = '01 +1 .5 1. NaN Infinity "\\x" "\\u12" \' // /**/ undefined "a\tb" "x [1 {"a" [1,]'
  .split(" ");

function oddity(random: () => number): string {
  return pick(random, random() < 0.9 ? ODDITIES : NONSENSE);
}

/** Returns an id that no mutation of another id can equal. */
export function fuzzId(seed: number, index: number): string {
  return `${seed}-${index}-${(seed * 31 + index) * 7_919 % 99_991}`;
}

/** Whether an id comes from {@linkcode fuzzId}. */
export function isFuzzId(id: string): boolean {
  const [seed, index] = id.split("-").map(Number);
  return id === fuzzId(seed!, index!);
}

/** Returns a request line with zero or more mutations. */
export function fuzzLine(id: string, places: Places, random: () => number): FuzzLine {
  const chance = random();
  if (chance < 0.002) return dangerousLine(id, places, random);
  const { cheap, dear } = METHODS[places.contract ?? "seed"];
  const methods: Readonly<Record<string, Make>> = chance < 0.01 ? dear : cheap;
  const method = pick(random, Object.keys(methods));
  const params = pairsOf(methods[method]!(places, random));
  let isClean = true;
  const envelope: Pairs = [
    ["jsonrpc", '"2.0"'],
    ["id", JSON.stringify(id)],
    ["method", JSON.stringify(method)],
    ["params", ""],
    ["auth", JSON.stringify(random() < 0.95 ? places.token : pick(random, ["", "wrong", `${places.token} `]))],
  ];
  for (let n = below(random, 4); n > 0; n--) {
    const isInParams = random() < 0.6;
    const keepsKeys = mutateStructure(isInParams ? params : envelope, random);
    if (!isInParams) isClean &&= keepsKeys;
  }
  const text = writeObject(envelope.map(([key, value]) => [key, value || writeObject(params, random)]), random);
  let bytes: Uint8Array = ENCODER.encode(text);
  if (random() < 0.12) bytes = mutate(bytes, random, IN_PLACE);
  if (random() < 0.08) {
    bytes = mutate(bytes, random, MOVING);
    isClean = false;
  }
  return { bytes, id, isClean };
}

/** Returns a request in which only the token and the types may be wrong. */
function dangerousLine(id: string, places: Places, random: () => number): FuzzLine {
  if (random() < 0.2) return shutdownLine(id, places);
  const method = pick(random, Object.keys(DANGEROUS));
  const params = random() < 0.7 ? DANGEROUS[method]!(places, random) : pick(random, [7, [], { destDir: 1 }, null]);
  return plainLine(id, method, params, random() < 0.8 ? places.token : "wrong");
}

/** Returns a shutdown that must not happen: with a wrong token or, where no token is needed, with another version. */
function shutdownLine(id: string, { contract }: Places): FuzzLine {
  if (contract !== "next") return plainLine(id, "server.shutdown", {}, "wrong");
  const text = JSON.stringify({ jsonrpc: "1.0", id, method: "server.shutdown", params: {} });
  return { bytes: ENCODER.encode(text), id, isClean: true };
}

function plainLine(id: string, method: string, params: unknown, auth: string): FuzzLine {
  return { bytes: ENCODER.encode(JSON.stringify({ jsonrpc: "2.0", id, method, params, auth })), id, isClean: true };
}

function pairsOf(params: Record<string, unknown>): Pairs {
  return Object.entries(params).map(([key, value]) => [key, JSON.stringify(value)]);
}

/** Mutates an object; returns `false` if a key may now be duplicated or spelled differently. */
function mutateStructure(pairs: Pairs, random: () => number): boolean {
  const at = below(random, pairs.length);
  const pair = pairs[at];
  if (pair === undefined) return pairs.push(["more", oddity(random)]) > 0;
  switch (below(random, 7)) {
    case 0:
      pair[1] = oddity(random);
      return true;
    case 1:
      pairs.splice(at, 1);
      return true;
    case 2:
      pairs.splice(below(random, pairs.length), 0, [pair[0], random() < 0.5 ? pair[1] : oddity(random)]);
      return false;
    case 3:
      pair[0] = random() < 0.8 ? pair[0].toUpperCase() : pair[0].replace("s", "\u017f");
      return false;
    case 4:
      pairs.push(["more", oddity(random)]);
      return true;
    case 5:
      pair[1] = hugeOrDeep(random);
      return true;
    default:
      pairs.reverse();
      return true;
  }
}

/** Returns a size that is rarely large, to save time. */
function hugeOrDeep(random: () => number): string {
  const size = random() < 0.02 ? 20_000 : 20;
  switch (below(random, 3)) {
    case 0:
      return `"${"x".repeat(size)}"`;
    case 1:
      return "[".repeat(size) + "]".repeat(size);
    default:
      return '{"a":'.repeat(size) + "0" + "}".repeat(size);
  }
}

function writeObject(pairs: Pairs, random: () => number): string {
  const space = () => random() < 0.03 ? pick(random, random() < 0.9 ? [" ", "\t", "\r"] : ["\f", "\u00a0"]) : "";
  const members = pairs.map(([key, text]) => `${space()}${JSON.stringify(key)}${space()}:${space()}${text}`);
  return `${space()}{${members.join(",")}${random() < 0.01 ? "," : ""}}${space()}${random() < 0.01 ? "x" : ""}`;
}
