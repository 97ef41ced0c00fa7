import { assertEquals, assertRejects } from "@std/assert";
import { HubUnreachableError } from "../../lib/hub/hub_errors.ts";
import { NoHubError } from "../../lib/cli/hub_connection.ts";
import { ambiguity, matchSession } from "../../lib/cli/session_lookup.ts";
import { ClaustrumError } from "../../lib/system/claustrum_error.ts";
import { claustrum } from "../helpers/command.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { fakeHub } from "./fake_hub.ts";
import { testSession } from "./session_fixture.ts";

const HUB = fakeHub({ "sessions.list": () => [testSession(), testSession({ id: "other", name: "web-2" })] });

const MATCHES = [["web", "whole"], ["other", "whole"], ["we", "beginning"], ["x", undefined], ["", undefined]] as const;
for (const [name, expected] of MATCHES) {
  Deno.test(`matchSession() says ${expected} of "${name}"`, async () => {
    assertEquals(await matchSession(() => Promise.resolve(HUB), name), expected);
  });
}

Deno.test("matchSession() finds nothing when no hub is running", async () => {
  for (const error of [new NoHubError("none"), new HubUnreachableError("gone")]) {
    assertEquals(await matchSession(() => Promise.reject(error), "web"), undefined);
  }
});

Deno.test("matchSession() does not hide other failures of a hub", async () => {
  await assertRejects(() => matchSession(() => Promise.reject(new ClaustrumError("broken")), "web"), ClaustrumError);
});

Deno.test("ambiguity() says how to name either", () => {
  assertEquals(
    ambiguity("web", "kill"),
    '"web" is a session and a process: claustrum session kill web takes the session, ' +
      "claustrum kill --process web the process",
  );
});

Deno.test("kill and attach take a process by its id when no hub is running", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "job", command: "sleep", args: ["1000"] });
  const killed = await claustrum(daemon.directory, ["kill", "job", "--process", "--wait", "--socket", daemon.socket]);
  assertEquals(killed, { code: 0, stdout: "", stderr: "" });
  await client.call("process.spawn", { id: "job2", command: "sh", args: ["-c", "echo hi; exit 3"] });
  const attached = await claustrum(daemon.directory, ["attach", "job2", "--socket", daemon.socket]);
  assertEquals(attached, { code: 3, stdout: "hi\n", stderr: "" });
});

for (const args of [["session", "list"], ["list"], ["session", "send", "web", "hi"], ["start", "."]]) {
  Deno.test(`claustrum ${args.join(" ")} exits with 3 when no hub can be reached`, async () => {
    const { code, stdout } = await claustrum("/nonexistent", [...args, "--no-start"]);
    assertEquals([code, stdout], [3, ""]);
  });
}

for (
  const [args, message] of [
    [["session", "answer", "web", "p", "Blue"], 'session answer takes KEY=VALUE, not "Blue"'],
    [["session", "queue", "web", "swap", "1"], 'session queue NAME takes edit, remove or move, not "swap"'],
    [["session", "queue", "web", "edit", "1"], "session queue edit needs the new text"],
    [["session", "queue", "web", "move", "1", "0"], "session queue move needs a position from 1"],
    [
      ["session", "queue", "web", "remove", "1", "2"],
      'session queue remove takes no argument "2": see claustrum help session queue',
    ],
    [["session", "queue", "web", "remove"], "session queue remove needs the id of a prompt"],
    [["session", "policy", "web", "yes"], 'the policy takes ask, allow or deny, not "yes"'],
    [["session", "rules", "web", "add", "x"], 'session rules NAME takes remove, not "add"'],
    [["session", "send", "web", " "], "the prompt is empty"],
    [["start", "--policy", "yes"], 'the policy takes ask, allow or deny, not "yes"'],
  ] as const
) {
  Deno.test(`claustrum ${args.join(" ")} is refused without a hub`, async () => {
    assertEquals(await claustrum("/nonexistent", args), { code: 2, stdout: "", stderr: `claustrum: ${message}\n` });
  });
}
