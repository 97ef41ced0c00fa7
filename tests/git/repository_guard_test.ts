import { assertEquals } from "@std/assert";
import { allowedProtocols } from "../../lib/git/repository_guard.ts";

const ALL = "file:https:ssh";

for (
  const [what, scope, value, expected] of [
    ["a program of the repository", "local", "evil", "https"],
    ["a program of the work tree", "worktree", "evil", "https"],
    ["a program of the user", "global", "mine", ALL],
    ["git's own program", "local", "git-upload-pack", ALL],
  ] as const
) {
  Deno.test(`allowedProtocols() allows ${expected} when ${what} would serve a fetch`, () => {
    assertEquals(allowedProtocols([{ scope, key: "remote.origin.uploadpack", value }], ALL), expected);
  });
}
