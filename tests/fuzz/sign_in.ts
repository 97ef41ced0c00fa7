/**
 * Measures whether the time of a refused sign-in tells anything: whether a user is known, whether there is a password at
 * all, and how much of a token is right.
 *
 * @module
 */

import { hashPassword } from "../../lib/hub/access/argon2.ts";
import { pick, seededRandom } from "../helpers/random.ts";
import { soon } from "../helpers/wait.ts";
import { ReplyReader } from "./http_replies.ts";
import { expect, type Target } from "./target.ts";
import { compareTimes } from "./timing.ts";

const PROGRAM = new URL("../programs/timed_hub.ts", import.meta.url).pathname;
/** How often each kind of request is measured in a round. One with a password takes 500 times as long as others. */
const [PASSWORD_SAMPLES, TOKEN_SAMPLES] = [4, 100];
const ROUND_CASES = 4 * PASSWORD_SAMPLES + 4 * TOKEN_SAMPLES;
/** As many as take about two minutes. */
const DEFAULT_CASES = 60 * ROUND_CASES;
const REPLY_MS = 20_000;
const ENCODER = new TextEncoder();

/** A hub and a connection to it. */
interface Side {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
  /** Sends a request and returns how long the reply takes, in milliseconds. */
  time(request: string): Promise<number>;
}

/** Two kinds of requests that must take the same time. */
interface Comparison {
  readonly name: string;
  readonly samples: number;
  /** Takes one sample of each kind; the order is up to chance. */
  readonly kinds: readonly [() => Promise<number>, () => Promise<number>];
  readonly times: readonly [number[], number[]];
}

/** Starts a hub with a password and one without. */
export async function signInTarget(): Promise<Target> {
  await using starting = new AsyncDisposableStack();
  const hash = await hashPassword("the right password");
  const withPassword = starting.use(await startSide(`auth.password_hash = ${JSON.stringify(hash)}`));
  const without = starting.use(await startSide(""));
  const comparisons = compare(withPassword, without);
  const parts = starting.move();
  let rounds = 0;
  return {
    roundCases: ROUND_CASES,
    defaultCases: DEFAULT_CASES,
    pid: withPassword.pid,
    // A password is checked in 19 MiB.
    maxGrowth: 96 << 20,
    async round(seed) {
      rounds++;
      await takeSamples(comparisons, seededRandom(seed));
    },
    finish: () => judge(comparisons, rounds),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function compare(withPassword: Side, without: Side): Comparison[] {
  const password = (side: Side, user?: string) => () => side.time(signIn(side, { password: "a wrong password", user }));
  const [known, unknown] = [password(withPassword, "owner"), password(withPassword, "nobody")];
  const { token } = withPassword;
  const [first, last] = [`x${token.slice(1)}`, `${token.slice(0, -1)}x`];
  const signInWith = (wrong: string) => () => withPassword.time(signIn(withPassword, { token: wrong }));
  const bearer = (wrong: string) => () => withPassword.time(request(withPassword, "GET /api/tokens", wrong));
  const comparison = (name: string, samples: number, ...kinds: Comparison["kinds"]): Comparison => ({
    ...{ name, samples, kinds },
    times: [[], []],
  });
  return [
    comparison("a known and an unknown user", PASSWORD_SAMPLES, known, unknown),
    comparison("with and without a password", PASSWORD_SAMPLES, password(withPassword), password(without)),
    comparison("sign-in, first and last byte of a token", TOKEN_SAMPLES, signInWith(first), signInWith(last)),
    comparison("bearer, first and last byte of a token", TOKEN_SAMPLES, bearer(first), bearer(last)),
  ];
}

function request({ host }: Side, line: string, token?: string, body = ""): string {
  const lines = [
    `${line} HTTP/1.1`,
    `Host: ${host}`,
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === "" ? [] : ["Content-Type: application/json", `Content-Length: ${body.length}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

function signIn(side: Side, credentials: object): string {
  return request(side, "POST /api/sign-in", undefined, JSON.stringify(credentials));
}

async function takeSamples(comparisons: readonly Comparison[], random: () => number): Promise<void> {
  for (const { samples, kinds, times } of comparisons) {
    for (let i = 0; i < samples; i++) {
      for (const kind of pick(random, [[0, 1], [1, 0]] as const)) times[kind].push(await kinds[kind]());
    }
  }
}

/** Measures what seems to differ once more: only what differs twice in the same direction does. */
async function judge(comparisons: readonly Comparison[], rounds: number): Promise<string> {
  const lines: string[] = [];
  for (const comparison of comparisons) {
    const once = compareTimes(...comparison.times);
    const { t, difference, power } = once;
    const text = `${comparison.name}: ${percent(difference)}, |t| ${Math.abs(t).toFixed(1)}, ${
      percent(power)
    } would be found`;
    lines.push(text);
    if (!once.isClear) continue;
    const again: Comparison = { ...comparison, times: [[], []] };
    const random = seededRandom(rounds);
    for (let i = 0; i < rounds; i++) await takeSamples([again], random);
    const twice = compareTimes(...again.times);
    const isReal = twice.isClear && Math.sign(twice.t) === Math.sign(t);
    expect(!isReal, () => `the time tells the difference: ${text}; again ${percent(twice.difference)}`);
  }
  return `no difference\n  ${lines.join("\n  ")}`;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(2)} %`;
}

async function startSide(config: string): Promise<Side & AsyncDisposable> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", PROGRAM, config],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.getReader();
  const { value } = await soon("the hub", lines.read());
  const { url, token } = JSON.parse(new TextDecoder().decode(value));
  const { host, port } = new URL(url);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const replies = new ReplyReader(connection);
  return {
    pid: child.pid,
    host,
    token,
    async time(text) {
      const bytes = ENCODER.encode(text);
      const begin = performance.now();
      await connection.write(bytes);
      const reply = await soon("a reply", replies.next("GET"), REPLY_MS);
      const ms = performance.now() - begin;
      expect(reply?.status === 401, () => `a refusal expected: ${JSON.stringify(reply)}`);
      return ms;
    },
    async [Symbol.asyncDispose]() {
      connection.close();
      await child.stdin.close();
      await lines.cancel();
      await child.status;
    },
  };
}
