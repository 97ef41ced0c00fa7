import { assertEquals } from "@std/assert";
import { natsHub } from "../../helpers/nats_hub.ts";
import { hasNats, startNatsServer } from "../../helpers/nats_server.ts";
import { needing } from "../../helpers/program.ts";
import { sessionHome } from "../../helpers/session_home.ts";
import { waitFor } from "../../helpers/wait.ts";

Deno.test({
  ...needing("a hub shows the sessions of the others in NATS, and answers what they ask", hasNats(), "nats-server"),
  async fn() {
    await using server = await startNatsServer();
    const config = (name: string) => `name = "${name}"\n[nats]\nurl = "${server.url}"\n`;
    await using far = await sessionHome(config("far"));
    await using near = await sessionHome(config("near"));
    await far.session("start", far.work, "--name", "job", "--trust");
    await near.run(["hub", "start"]);
    const host = await waitFor("the far hub to be shown", async () => {
      const { stdout } = await near.run(["host", "list", "--json"]);
      return JSON.parse(stdout).find((each: { state: string }) => each.state === "up");
    });
    assertEquals([host.name, host.line, host.sessions], ["far", "nats", 1]);
    const [session] = await near.json("list");
    assertEquals([session.name, session.host], ["job", "far"]);
    const printed = await near.run(["host", "nats-permissions"]);
    assertEquals([printed.code, /"near" has no nkey/.test(printed.stdout)], [1, true]);
    const added = JSON.parse((await near.run(["host", "add", "box", "nats://far", "--json"])).stdout);
    assertEquals([added.name, added.state], ["box", "up"]);
    await near.session("send", session.id, "tool Write there.txt hello");
    await waitFor("the question", async () => (await near.session("show", session.id)).includes("there.txt"));
    await near.session("approve", session.id);
    await waitFor("the file", async () => {
      const found = await Deno.readTextFile(`${far.work}/there.txt`).catch(() => "");
      return found.startsWith("hello");
    });
    const audit = await far.run(["hub", "audit"]);
    assertEquals(
      /command line@near.*permission\.answer|permission\.answer.*command line@near/.test(audit.stdout),
      true,
    );
  },
});

Deno.test({
  ...needing("each event comes once, although the far hub is killed three times", hasNats(), "nats-server"),
  async fn() {
    await using server = await startNatsServer();
    await using far = await sessionHome(`name = "far"\n[nats]\nurl = "${server.url}"\n`);
    await using near = await natsHub("near", { url: server.url });
    const { id } = await far.json("start", far.work, "--name", "job", "--trust");
    await waitFor("the session", () => near.hosts.sessions.some((session) => session.id === id));
    const ending = new AbortController();
    const ids: number[] = [];
    const following = (async () => {
      for await (const message of near.hosts.follow("far", { after: 0, signal: ending.signal })) {
        if (message.type === "event") ids.push(message.event.id);
      }
    })();
    for (let round = 0; round < 3; round++) {
      await far.session("send", "job", `round ${round}`);
      Deno.kill(far.hubPid(), "SIGKILL");
      assertEquals((await far.run(["hub", "start"])).code, 0);
    }
    await far.whenStatus("job", "idle");
    const { last_event: last } = JSON.parse((await far.run(["hub", "status", "--json"])).stdout);
    await waitFor("all events", () => ids.at(-1) === last);
    assertEquals(ids, Array.from({ length: last }, (_, index) => index + 1));
    ending.abort();
    await following;
  },
});
