import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { SessionEvent } from "../../lib/sessions/types.ts";
import { agentPids } from "../helpers/sessions.ts";
import { waitFor } from "../helpers/wait.ts";
import { eventsOf, findDifferences } from "./check.ts";
import { Watcher } from "./work.ts";
import { type Machine, startWorld } from "./world.ts";

const MACHINES = { main: 3, far: { box: 2 } };

/** The file that ends the turns of a machine. */
const endOfTurns = ({ home }: Machine) => `${home.path}/enough`;

/** Brings all sessions of a machine into the middle of a turn, with one prompt more; the first one asks something. */
async function sendWork(machine: Machine): Promise<void> {
  await using hub = await machine.connect();
  const [asking, ...busy] = machine.sessions;
  for (const name of busy) {
    await hub.call("prompt.send", { session_name: name, prompt: `drip ${endOfTurns(machine)} 20` });
  }
  await hub.call("prompt.send", { session_name: asking!, prompt: "tool Bash echo upgraded" });
  for (const name of machine.sessions) await hub.call("prompt.send", { session_name: name, prompt: "recall" });
  await waitFor("all sessions to be in a turn", async () => {
    const statuses = (await hub.call("sessions.list", {})).filter(({ name }) => machine.sessions.includes(name))
      .map(({ status }) => status).sort();
    return statuses.join() === [...busy.map(() => "active"), "waiting_permission"].join();
  });
}

async function whenIdle(machine: Machine): Promise<void> {
  await using hub = await machine.connect();
  await waitFor("the turns to end", async () => {
    const sessions = await hub.call("sessions.list", {});
    return sessions.filter(({ name }) => machine.sessions.includes(name)).every(({ status }) => status === "idle");
  });
}

/** What an agent has answered. */
function results(events: readonly SessionEvent[]): unknown[] {
  return events.filter(({ type }) => type === "result").map(({ payload }) => (payload as { result: unknown }).result);
}

function dripped(events: readonly SessionEvent[]): number {
  return events.filter(({ payload }) => JSON.stringify(payload).includes('"text":"drip ')).length;
}

Deno.test("daemons and hubs of two machines are upgraded in the middle of turns, and nothing is lost or doubled", async () => {
  await using world = await startWorld(MACHINES);
  const main = world.machines[0]!;
  await using watcher = new Watcher(await main.connect(), () => {});
  for (const machine of world.machines) await sendWork(machine);
  for (const machine of world.machines) {
    const { home } = machine;
    const [hub, daemon, agents] = [home.hubPid(), home.daemonPid(), (await agentPids(home.path)).sort()];
    assertEquals(agents.length, machine.sessions.length);
    await machine.upgrade();
    assertNotEquals(home.hubPid(), hub);
    assertNotEquals(home.daemonPid(), daemon);
    assertEquals((await agentPids(home.path)).sort(), agents);
    await world.whenUp();
  }
  for (const machine of world.machines) {
    await using hub = await machine.connect();
    const [asking, busy] = machine.sessions;
    const before = dripped(await eventsOf(hub, busy!));
    await waitFor("a turn to go on", async () => dripped(await eventsOf(hub, busy!)) > before);
    const { permissions: [question] } = await hub.call("session.get", { session_name: asking! });
    await hub.call("permission.answer", { permission_id: question!, decision: "allow" });
    await Deno.writeTextFile(endOfTurns(machine), "");
    await whenIdle(machine);
    assertEquals(results(await eventsOf(hub, asking!)), ["ran: upgraded", "tool Bash echo upgraded"]);
    const [turn, recalled] = results(await eventsOf(hub, busy!));
    assertEquals([turn, recalled], ["drip over", `drip ${endOfTurns(machine)} 20`]);
    assert(dripped(await eventsOf(hub, busy!)) > before);
  }
  for (const machine of world.machines) {
    await waitFor(
      "the watcher to have seen all",
      async () => (await findDifferences(machine, watcher)).length === 0,
      5_000,
    )
      .catch(() => {}); // what is missing is told below
    assertEquals(await findDifferences(machine, watcher), []);
  }
});
