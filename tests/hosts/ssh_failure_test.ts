import { assertEquals } from "@std/assert";
import { explainLoss, explainSsh, isRefusal } from "../../lib/hosts/ssh_failure.ts";
import { CHANGED_KEY, FINGERPRINT, SSH_FAILURES } from "./ssh_failures.ts";

for (const [text, problem, refuses] of SSH_FAILURES) {
  Deno.test(`explainSsh() takes ${JSON.stringify(text.slice(0, 60))} for ${problem}`, () => {
    assertEquals(explainSsh(text).problem, problem);
    assertEquals(isRefusal(problem), refuses);
  });
}

Deno.test("explainSsh() returns the fingerprint of a changed key", () => {
  assertEquals(explainSsh(CHANGED_KEY).fingerprint, FINGERPRINT);
});

Deno.test("explainSsh() quotes the line of a wrong configuration, without control characters", () => {
  const text = "noise\n/home/me/.ssh/config: line 3: Bad configuration option: \x1b[31mfoo\nmore";
  assertEquals(
    explainSsh(text).reason,
    "ssh refuses its configuration: /home/me/.ssh/config: line 3: Bad configuration option: ?[31mfoo",
  );
});

Deno.test("explainSsh() takes a mistake in a start-up file for none of ssh's configuration", () => {
  for (const noise of ["/home/me/.bashrc: line 3: foo: command not found", "bash: line 1: x: Permission"]) {
    assertEquals(explainSsh(noise).problem, "lost");
  }
  assertEquals(explainSsh("/home/me/.ssh/config line 3: garbage at end of line; x.").problem, "bad_configuration");
});

Deno.test("explainLoss() never waits for a person, whatever a shell has printed", () => {
  for (const [text, problem] of SSH_FAILURES) {
    assertEquals(explainLoss(text).problem, problem === "timed_out" ? "timed_out" : "lost", text);
  }
  const noisy = "bash: /etc/secret: Permission denied\nTimeout, server box not responding.";
  assertEquals(explainLoss(noisy).problem, "timed_out");
});
