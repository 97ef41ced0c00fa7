import type { LineProblem } from "../../lib/hosts/types.ts";

/** The fingerprint in {@linkcode CHANGED_KEY}. */
export const FINGERPRINT = "SHA256:AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJKKK";
/** What `ssh` says when the key of a host is another one than before. */
export const CHANGED_KEY = `@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
The fingerprint for the ED25519 key sent by the remote host is
${FINGERPRINT}.
Host key verification failed.`;

/** What `ssh` says when it fails, what that means, and whether a person has to do something. */
export const SSH_FAILURES: readonly (readonly [text: string, problem: LineProblem, isRefusal: boolean])[] = [
  [CHANGED_KEY, "host_key_changed", true],
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
