import { assertEquals } from "@std/assert";
import { explainSsh, isRefusal } from "../../lib/hosts/ssh_failure.ts";
import type { LineProblem } from "../../lib/hosts/types.ts";

const FINGERPRINT = "SHA256:AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJKKK";
const CHANGED = `@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
The fingerprint for the ED25519 key sent by the remote host is
${FINGERPRINT}.
Host key verification failed.`;

const CASES: readonly [text: string, problem: LineProblem, isRefusal: boolean][] = [
  [CHANGED, "host_key_changed", true],
  [
    "No ED25519 host key is known for box and you have requested strict checking.\nHost key verification failed.",
    "host_key_unknown",
    true,
  ],
  ["me@box: Permission denied (publickey,password).", "permission_denied", true],
  ["Received disconnect from 10.0.0.7 port 22:2: Too many authentication failures", "permission_denied", true],
  ["/home/me/.ssh/config: line 3: Bad configuration option: fowardagent", "bad_configuration", true],
  ["Bad owner or permissions on /home/me/.ssh/config", "bad_configuration", true],
  ["ssh: connect to host box port 22: Connection refused", "connection_refused", false],
  ["ssh: connect to host box port 22: Connection timed out", "timed_out", false],
  ["Connection timed out during banner exchange", "timed_out", false],
  ["Timeout, server box not responding.", "timed_out", false],
  ["ssh: connect to host box port 22: No route to host", "unreachable", false],
  ["ssh: connect to host box port 22: Network is unreachable", "unreachable", false],
  ["ssh: Could not resolve hostname bx: Name or service not known", "name_not_found", false],
  ["Connection to box closed by remote host.", "lost", false],
  ["", "lost", false],
];

for (const [text, problem, refuses] of CASES) {
  Deno.test(`explainSsh() takes ${JSON.stringify(text.slice(0, 60))} for ${problem}`, () => {
    assertEquals(explainSsh(text).problem, problem);
    assertEquals(isRefusal(problem), refuses);
  });
}

Deno.test("explainSsh() returns the fingerprint of a changed key", () => {
  assertEquals(explainSsh(CHANGED).fingerprint, FINGERPRINT);
});

Deno.test("explainSsh() quotes the line of a wrong configuration, without control characters", () => {
  const text = "noise\n/home/me/.ssh/config: line 3: Bad configuration option: \x1b[31mfoo\nmore";
  assertEquals(
    explainSsh(text).reason,
    "ssh refuses its configuration: /home/me/.ssh/config: line 3: Bad configuration option: ?[31mfoo",
  );
});
