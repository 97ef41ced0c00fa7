import { assertEquals, assertMatch } from "@std/assert";
import { sessionEndText } from "../../lib/hub/session_ends.ts";
import type { SessionExit } from "../../lib/sessions/types.ts";
import { sessionHome } from "../helpers/session_home.ts";
import { waitFor } from "../helpers/wait.ts";

/** Returns what the log says when the session `web` has got a status. */
function textOf(subtype: string, exit?: SessionExit): string | undefined {
  const event = { id: 1, session: "s", seq: 1, at: "2026-01-01T00:00:00.000Z", type: "status", subtype, payload: {} };
  const session = { id: "s", name: "web", ...(exit === undefined ? {} : { exit }) };
  return sessionEndText({ type: "event", event }, { get: () => session });
}

for (
  const [exit, text] of [
    [{ code: 0, reason: "the agent ended: exit code 0" }, "the agent ended: exit code 0"],
    [{ code: 3, reason: "the agent ended: exit code 3: swordfish" }, "the agent ended: exit code 3"],
    [
      { code: -1, signal: "SIGKILL", reason: "the agent ended: signal SIGKILL: swordfish" },
      "the agent ended: signal SIGKILL",
    ],
    [{ code: 1, reason: "the agent refused to start: swordfish" }, "the agent refused to start, exit code 1"],
    [{ code: 143, reason: "stopped after 5 idle minutes" }, "stopped after 5 idle minutes, exit code 143"],
    [{ reason: "the daemon has lost the agent\nswordfish" }, "the daemon has lost the agent"],
  ] as const
) {
  Deno.test(`sessionEndText() says "${text}" and nothing that the agent printed`, () => {
    assertEquals(textOf("error", exit), `[sessions] "web" (s) has failed: ${text}`);
  });
}

Deno.test("sessionEndText() says nothing unless a session has ended", () => {
  assertEquals(textOf("stopped"), '[sessions] "web" (s) has stopped');
  assertEquals(["idle", "active", "starting"].map((status) => textOf(status)), [undefined, undefined, undefined]);
});

Deno.test("hub.log says why sessions ended, without a word of theirs, and once where the hub listens", async () => {
  await using home = await sessionHome();
  await home.session("start", home.work, "--trust");
  await home.session("send", "work", "swordfish", "--wait");
  await home.run(["session", "send", "work", "crash 3", "--wait"]);
  const log = () => Deno.readTextFile(`${home.path}/.local/state/claustrum/hub.log`);
  await waitFor("the line", async () => (await log()).includes("[sessions]"));
  const text = await log();
  assertMatch(
    text,
    /^\S+ \S+ INFO {2}\[sessions\] "work" \([\w-]+\) has (failed|stopped): the agent ended: exit code 3$/m,
  );
  assertEquals([text.includes("swordfish"), text.match(/the hub listens on/gi)?.length], [false, 1]);
});
