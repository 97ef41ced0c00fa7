import { assertEquals, assertRejects } from "@std/assert";
import { HubUnreachableError } from "../../lib/hub/hub_errors.ts";
import { NoHubError } from "../../lib/cli/hub_connection.ts";
import { ambiguity, isSession } from "../../lib/cli/session_lookup.ts";
import { ClaustrumError } from "../../lib/system/claustrum_error.ts";
import { claustrum } from "../helpers/command.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { fakeHub } from "./fake_hub.ts";
import { testSession } from "./session_fixture.ts";

const HUB = fakeHub({ "sessions.list": () => [testSession(), testSession({ id: "other", name: "web-2" })] });

for (const [name, expected] of [["web", true], ["other", true], ["we", false], ["", false]] as const) {
  Deno.test(`isSession() says ${expected} of "${name}"`, async () => {
    assertEquals(await isSession(() => Promise.resolve(HUB), name), expected);
  });
}

Deno.test("isSession() finds nothing when no hub is running", async () => {
  for (const error of [new NoHubError("none"), new HubUnreachableError("gone")]) {
    assertEquals(await isSession(() => Promise.reject(error), "web"), false);
  }
});

Deno.test("isSession() does not hide other failures of a hub", async () => {
  await assertRejects(() => isSession(() => Promise.reject(new ClaustrumError("broken")), "web"), ClaustrumError);
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
    [["session", "queue", "web", "swap", "1"], 'session queue has no action "swap": edit, remove, move'],
    [["session", "queue", "web", "edit", "1"], "session queue edit needs the new text"],
    [["session", "queue", "web", "move", "1", "0"], "session queue move needs a position from 1"],
    [["session", "queue", "web", "remove", "1", "2"], 'session queue remove takes no argument "2"'],
    [["session", "queue", "web", "remove"], "session queue remove needs the id of a prompt"],
    [["session", "policy", "web", "yes"], 'there is no policy "yes": ask, allow, deny'],
    [["session", "rules", "web", "add", "x"], 'session rules has no action "add": remove'],
    [["session", "send", "web", " "], "the prompt is empty"],
    [["start", "--policy", "yes"], 'there is no policy "yes": ask, allow, deny'],
  ] as const
) {
  Deno.test(`claustrum ${args.join(" ")} is refused without a hub`, async () => {
    assertEquals(await claustrum("/nonexistent", args), { code: 2, stdout: "", stderr: `claustrum: ${message}\n` });
  });
}
