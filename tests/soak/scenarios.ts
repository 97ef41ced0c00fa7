/**
 * The scenarios of the soak test. Each throws an error if the daemon behaves wrongly.
 *
 * @module
 */

import { concat } from "../../lib/system/io.ts";
import { type Message, outputOf } from "../helpers/line_client.ts";
import { pick } from "../helpers/random.ts";
import type { Session } from "./session.ts";

/** The parameters of a scenario. */
export interface ScenarioContext {
  readonly session: Session;
  readonly random: () => number;
  /** The id of the client's process, which is reused. */
  readonly id: string;
  /** The variables that mark the processes of this soak test. */
  readonly env: Record<string, string>;
  /** Counts bytes that arrived unchanged. */
  readonly countBytes: (bytes: number) => void;
}

const LOSS_CHANCE = 0.02;

function collect(frame: Message, into: Uint8Array[]): void {
  if (frame.stream === "stdout") into.push(Uint8Array.fromBase64(frame.data!));
}

/** Checks the known output of a process while connections are lost. */
async function stream({ session, random, id, env, countBytes }: ScenarioContext): Promise<void> {
  const last = 1 + Math.floor(random() * 200_000);
  await session.spawn({ id, command: "seq", args: ["1", String(last)], env });
  const parts: Uint8Array[] = [];
  await session.follow(id, LOSS_CHANCE, (frame) => {
    collect(frame, parts);
    return frame.stream === "exit";
  });
  const text = new TextDecoder().decode(concat(parts));
  const expected = Array.from({ length: last }, (_, i) => `${i + 1}\n`).join("");
  if (text !== expected) throw new Error(`seq ${last}: ${text.length} bytes instead of ${expected.length}`);
  countBytes(text.length);
}

/** Checks that a process echoes its stdin while connections are lost. */
async function echo({ session, random, id, env, countBytes }: ScenarioContext): Promise<void> {
  await session.spawn({ id, command: "cat", env });
  const sent: Uint8Array[] = [];
  const received: Uint8Array[] = [];
  let offset = 0;
  for (let i = Math.floor(random() * 20); i >= 0; i--) {
    const data = crypto.getRandomValues(new Uint8Array(1 + Math.floor(random() * 30_000)));
    sent.push(data);
    // Sometimes sent twice, as after a loss; because of the offset, it is applied once.
    const times = random() < 0.2 ? 2 : 1;
    for (let j = 0; j < times; j++) {
      await (await session.client()).send("process.stdin", { id, data: data.toBase64(), offset });
    }
    offset += data.length;
    let missing = data.length;
    await session.follow(id, LOSS_CHANCE, (frame) => {
      collect(frame, received);
      return (missing -= received.at(-1)!.length) <= 0;
    });
  }
  if (concat(sent).toBase64() !== concat(received).toBase64()) throw new Error(`echo of ${offset} bytes differs`);
  countBytes(offset);
  await (await session.client()).send("process.kill", { id, signal: "KILL" });
  await session.follow(id, 0, (frame) => frame.stream === "exit");
}

/** Kills a process with unlimited output, and its children, by a random signal. */
async function flood({ session, random, id, env }: ScenarioContext): Promise<void> {
  await session.spawn({ id, command: "sh", args: ["-c", "sleep 600 & yes & exec yes"], env });
  let frames = Math.floor(random() * 50);
  await session.follow(id, LOSS_CHANCE / 4, () => frames-- <= 0, true);
  const signal = pick(random, ["TERM", "INT", "HUP", "KILL"]);
  await (await session.client()).send("process.killAndWait", { id, signal, timeoutMs: 200 });
  await session.follow(id, 0, (frame) => frame.stream === "exit", true);
}

/** Closes the connection in the middle of an operation. */
async function disconnect({ session, random, id, env }: ScenarioContext): Promise<void> {
  await session.spawn({ id, command: "sh", args: ["-c", "seq 1 100000; exec sleep 600"], env });
  const client = await session.client();
  await client.sendRaw(pick(random, ['{"jsonrpc":"2.0","id":1,"met', "garbage\n", "\n\n", "[]\n{}\n"]));
  session.loseConnection();
}

/** Takes over the stream with another client; the first one gets a notice and observes without a gap. */
async function takeOver({ session, random, id, env, countBytes }: ScenarioContext): Promise<void> {
  const last = 1 + Math.floor(random() * 100_000);
  await session.spawn({ id, command: "sh", args: ["-c", `read go; exec seq 1 ${last}`], env, notice: true });
  using other = await session.connectAgain();
  await other.call("process.reattach", { id });
  const detached = (await (await session.client()).until(({ stream }) => stream === "detached")).at(-1)!;
  if (detached.seq !== 0) throw new Error(`detached after frame ${detached.seq} of none`);
  const client = await session.client();
  await client.send("process.reattach", { id, fromSeq: 0, observe: true });
  await client.send("process.stdin", { id, data: btoa("go\n"), offset: 0, exact: true });
  const isExit = ({ stream }: Message) => stream === "exit";
  const [mine, theirs] = await Promise.all([client.until(isExit), other.until(isExit)]);
  const expected = Array.from({ length: last }, (_, i) => `${i + 1}\n`).join("");
  for (const frames of [mine, theirs]) {
    if (outputOf(frames) !== expected) throw new Error(`shared seq ${last} differs`);
    countBytes(expected.length);
  }
}

/** Calls random methods and checks that each replies. */
async function callMethods({ session, random }: ScenarioContext): Promise<void> {
  const client = await session.client();
  const requests = [
    ["server.ping", undefined],
    ["server.version", undefined],
    ["files.stat", { path: "/etc/passwd" }],
    ["files.list", { path: "/etc" }],
    ["files.read", { path: "/etc/passwd" }],
    ["git.status", { path: "/" }],
    ["process.spawn", { id: "unknown", command: "/no/such/program" }],
    ["process.reattach", { id: "unknown" }],
    ["process.list", {}],
    ["files.extract_tar", { archivePath: "/dev/null", destDir: "/tmp/never" }],
  ] as const;
  for (let i = 0; i < 20; i++) {
    const [method, params] = pick(random, requests);
    const { result, error } = await client.call(method, params);
    if (result === undefined && error === undefined) {
      throw new Error(`${method} returned neither a result nor an error`);
    }
  }
}

/** Requests more replies than may be unread, and closes the connection before all are read. */
async function leaveRepliesUnread({ session, random }: ScenarioContext): Promise<void> {
  const client = await session.client();
  const path = "/bin/sh";
  for (let i = 0; i < 100; i++) await client.send("files.read", { path, maxBytes: 1 << 30 });
  for (let read = Math.floor(random() * 3); read > 0; read--) await client.line();
  session.loseConnection();
}

/** All scenarios. */
export const SCENARIOS: readonly ((context: ScenarioContext) => Promise<void>)[] = [
  stream,
  echo,
  flood,
  disconnect,
  takeOver,
  callMethods,
  leaveRepliesUnread,
];
