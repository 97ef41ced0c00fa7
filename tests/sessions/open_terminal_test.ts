import { assertEquals, assertRejects } from "@std/assert";
import { connect } from "../../lib/client/connect.ts";
import { SessionError, type Sessions } from "../../lib/sessions/mod.ts";
import { browserTerminal } from "../helpers/browser_terminal.ts";
import { answers, ask, restartableWorld, type SessionWorld, sessionWorld } from "../helpers/sessions.ts";
import { soon, waitFor } from "../helpers/wait.ts";

const ENCODER = new TextEncoder();
const SIZE = { columns: 80, rows: 24 };

/** Starts a session and opens its terminal. */
async function inTerminal(world: SessionWorld, sessions: Sessions): Promise<string> {
  const { id } = await sessions.start({ path: world.work });
  await sessions.attach(id);
  return id;
}

/** The ids of the processes of streams that the daemon has. */
async function streamProcesses(socket: string): Promise<string[]> {
  await using client = await connect({ socket });
  const { processes } = await client.call("process.list", {});
  return processes.map(({ id }) => id).filter((id) => id.startsWith("hub/"));
}

async function tmux({ home }: SessionWorld, ...args: string[]): Promise<string> {
  const command = new Deno.Command("tmux", { args: ["-S", `${home}/tmux.sock`, ...args], stderr: "null" });
  return new TextDecoder().decode((await command.output()).stdout).trim();
}

function untilBack(sessions: Sessions, id: string): Promise<boolean> {
  return waitFor("the way back", () => sessions.get(id).mode === "subprocess" && sessions.get(id).status === "idle");
}

Deno.test("openTerminal() shows the agent's program, and what is typed reaches the conversation", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const id = await inTerminal(world, sessions);
  const stream = await sessions.openTerminal(id, SIZE);
  const browser = browserTerminal(stream);
  await browser.shows("Stand-in agent");
  await browser.shows("❯");
  assertEquals(browser.emulator.buffer.active.getLine(0)!.getCell(0)!.isBold() > 0, true);
  await stream.write(ENCODER.encode("grüße 中文\r"));
  await browser.shows("echo: grüße 中文");
  assertEquals(sessions.get(id).mode, "interactive");
  await stream.close();
  assertEquals(await streamProcesses(world.daemon.socket), []);
  // Nobody looks at the terminal any more.
  await untilBack(sessions, id);
  await ask(sessions, id, "recall");
  assertEquals(answers(sessions, id), ["grüße 中文"]);
});

Deno.test("openTerminal() refuses a session that is in no terminal, an unknown one, and a size without sense", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  const refusal = async (reference: string, size: { columns: number; rows: number }) =>
    (await assertRejects(() => sessions.openTerminal(reference, size), SessionError)).kind;
  assertEquals(await refusal(id, SIZE), "conflict");
  assertEquals(await refusal("nobody", SIZE), "unknown");
  await sessions.attach(id);
  assertEquals(await refusal(id, { columns: 80, rows: 1_000 }), "bad_params");
  assertEquals(await streamProcesses(world.daemon.socket), []);
});

Deno.test("a stream says why it ends: the program, the way back, tmux, the signal, the caller", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const id = await inTerminal(world, sessions);
  const first = await sessions.openTerminal(id, SIZE);
  await first.write(ENCODER.encode("/exit\r"));
  assertEquals((await soon("the end", first.ended)).reason, "ended");
  await untilBack(sessions, id);

  await sessions.attach(id);
  const controller = new AbortController();
  const aborted = await sessions.openTerminal(id, { ...SIZE, signal: controller.signal });
  const [detached, closed, last] = await Promise.all([1, 2, 3].map(() => sessions.openTerminal(id, SIZE)));
  controller.abort();
  assertEquals((await soon("the end", aborted.ended)).reason, "closed");
  await closed!.close();
  assertEquals((await soon("the end", closed!.ended)).reason, "closed");
  const clients = (await tmux(world, "list-clients", "-F", "#{client_name}")).split("\n");
  for (const client of clients) await tmux(world, "detach-client", "-t", client);
  assertEquals((await soon("the end", detached!.ended)).reason, "detached");
  assertEquals((await soon("the end", last!.ended)).reason, "detached");

  const again = await sessions.openTerminal(id, SIZE);
  await sessions.detach(id);
  assertEquals((await soon("the end", again.ended)).reason, "ended");
  assertEquals(await streamProcesses(world.daemon.socket), []);
});

Deno.test("openTerminal() with a signal that is aborted opens nothing", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const id = await inTerminal(world, sessions);
  await assertRejects(() => sessions.openTerminal(id, { ...SIZE, signal: AbortSignal.abort() }), DOMException);
  const controller = new AbortController();
  const opening = sessions.openTerminal(id, { ...SIZE, signal: controller.signal });
  controller.abort();
  await assertRejects(() => opening, DOMException);
  await waitFor("no process", async () => (await streamProcesses(world.daemon.socket)).length === 0);
});

Deno.test("a stream ends when its pane does, although a person has made another one", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const id = await inTerminal(world, sessions);
  await tmux(world, "split-window", "-d", "-t", "=claustrum-work:", "cat");
  await using stream = await sessions.openTerminal(id, SIZE);
  await stream.write(ENCODER.encode("/exit\r"));
  assertEquals((await soon("the end", stream.ended)).reason, "ended");
  assertEquals(await streamProcesses(world.daemon.socket), []);
});

Deno.test("a stream is lost with the daemon, and can be opened again", async () => {
  await using world = await restartableWorld();
  await using sessions = await world.open();
  const id = await inTerminal(world, sessions);
  const stream = await sessions.openTerminal(id, SIZE);
  const browser = browserTerminal(stream);
  await browser.shows("❯");
  await world.killDaemon();
  assertEquals((await soon("the end", stream.ended)).reason, "lost");
  await browser.over;
  await world.startDaemon();
  await waitFor("the daemon", () => sessions.isDaemonUp);
  await sessions.attach(id);
  await using again = await sessions.openTerminal(id, SIZE);
  await browserTerminal(again).shows("❯");
});

Deno.test("a stream goes on over a hand-over of the daemon", async () => {
  await using world = await restartableWorld();
  await using sessions = await world.open();
  const id = await inTerminal(world, sessions);
  await using stream = await sessions.openTerminal(id, SIZE);
  const browser = browserTerminal(stream);
  await browser.shows("❯");
  await world.handOver();
  await stream.write(ENCODER.encode("afterwards\r"));
  await browser.shows("echo: afterwards");
});

Deno.test("the end of the sessions closes the streams, and leaves no process", async () => {
  await using world = await sessionWorld();
  const sessions = await world.open();
  const id = await inTerminal(world, sessions);
  const streams = await Promise.all([1, 2].map(() => sessions.openTerminal(id, SIZE)));
  await sessions[Symbol.asyncDispose]();
  for (const stream of streams) assertEquals((await stream.ended).reason, "closed");
  assertEquals(await streamProcesses(world.daemon.socket), []);
});

Deno.test("a process of a stream that a former keeper has left is ended, so that the session goes back", async () => {
  await using world = await sessionWorld();
  let id = "";
  {
    await using sessions = await world.open();
    id = await inTerminal(world, sessions);
    await using client = await connect({ socket: world.daemon.socket });
    const args = ["-S", `${world.home}/tmux.sock`, "-C", "attach-session", "-t", "=claustrum-work"];
    const left = await client.spawn({ id: `hub/terminal/${id}/left`, command: "tmux", args });
    left.detach();
    const other = await client.spawn({ id: "hub/terminal/another-hub/x", command: "sleep", args: ["1000"] });
    other.detach();
  }
  await using sessions = await world.open();
  await untilBack(sessions, id);
  // The commands with which the hub looks after tmux come and go.
  await waitFor("the other hub's process alone", async () => {
    const ids = await streamProcesses(world.daemon.socket);
    return ids.length === 1 && ids[0] === "hub/terminal/another-hub/x";
  });
});
