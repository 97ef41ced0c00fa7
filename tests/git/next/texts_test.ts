import { assertEquals } from "@std/assert";
import {
  NO_WORKTREE_TEXTS,
  PATH_TEXTS,
  ROOT_TEXTS,
  TIMEOUT_MOMENTS,
  TRUST_TEXTS,
  untrusted,
  WHOLE_TEXTS,
} from "../../../lib/git/next/texts.ts";
import { refusing } from "../../../lib/git/refusal_texts.ts";

/** The id, what the program says, and the text of the contract. */
const TEXTS: readonly (readonly [id: string, said: string, text: string])[] = [
  [
    "P1",
    PATH_TEXTS.P1("<p>"),
    '<p> is a relative path; choose the session folder by its absolute path, without ".."',
  ],
  [
    "P2",
    PATH_TEXTS.P2("<p>"),
    '<p> contains a ".." component; choose the session folder by its absolute path, without ".."',
  ],
  [
    "P3",
    PATH_TEXTS.P3("<p>", "<repo>"),
    "<p> is not inside the repository <repo>; session worktrees are only created and removed under <repository>/.claude/worktrees",
  ],
  [
    "P4",
    PATH_TEXTS.P4("<component>"),
    "<component> is a symbolic link; a symlinked .claude or .claude/worktrees inside the repository is not supported for SSH sessions, because a repository can plant such a link and a planted one cannot reliably be told apart from your own. Replace it with a real directory (or delete it and it will be recreated)",
  ],
  [
    "P5",
    PATH_TEXTS.P5("<p>"),
    "<p> already exists, and a new worktree is only ever created in a fresh directory",
  ],
  [
    "P6",
    PATH_TEXTS.P6_LINK("<t>"),
    "<t> is a symbolic link, not a worktree directory",
  ],
  [
    "P6",
    PATH_TEXTS.P6_FILE("<t>"),
    "<t> is not a directory",
  ],
  [
    "P7",
    PATH_TEXTS.P7("<p>"),
    "<p> is locked (git worktree lock); unlock it to remove it",
  ],
  [
    "P8",
    PATH_TEXTS.P8("<p>"),
    "<p> is gone but its registration is locked (git worktree lock); unlock it to remove the registration and branch",
  ],
  [
    "P9",
    PATH_TEXTS.P9("<p>", "<repo>", "<why>"),
    "<p> is not a worktree of <repo> (<why>), so it is left in place; remove it by hand if it is a leftover",
  ],
  [
    "P9",
    NO_WORKTREE_TEXTS.noFile("<t>"),
    "<t> has no .git file",
  ],
  [
    "P9",
    NO_WORKTREE_TEXTS.notRegular("<t>"),
    "<t>/.git is not a regular file",
  ],
  [
    "P9",
    NO_WORKTREE_TEXTS.noGitDir("<t>"),
    "<t>/.git does not name a git dir",
  ],
  [
    "P9",
    NO_WORKTREE_TEXTS.notOwn("<t>"),
    "<t> carries a .git file that does not name this repository's own worktree admin directory",
  ],
  [
    "P9",
    NO_WORKTREE_TEXTS.otherRecord("<t>"),
    "<t> carries a .git file naming an admin directory whose own record is of a different worktree",
  ],
  [
    "R1",
    ROOT_TEXTS.R1("<p>", "<root>"),
    "<p> is not <worktree location>/<directory>/<name> beneath <root>",
  ],
  [
    "R2",
    ROOT_TEXTS.R2("<root>", "<repo>"),
    "<root> is the repository <repo> or inside it; a worktree location must be outside the repository",
  ],
  [
    "R3",
    ROOT_TEXTS.R3("<root>", "<repo>", "<at>"),
    "<root> leads into the repository <repo> (at <at>); a worktree location must be outside the repository",
  ],
  [
    "R4",
    ROOT_TEXTS.R4("<root>", "<wt>", "<repo>"),
    "<root> leads into <wt>, a worktree of the repository <repo> (at <wt>); a worktree location must be outside the repository's checkouts",
  ],
  [
    "R5",
    ROOT_TEXTS.R5("<root>", "<dir>", "<who>", "<mode>"),
    "<root> passes through <dir>, which is writable by <who> without the sticky bit (mode <mode>), so they could replace what is beneath it; choose a location under directories only you (or the system) control, or remove the extra write permission (chmod go-w)",
  ],
  [
    "R6",
    ROOT_TEXTS.R6("<root>", "<dir>", 1234),
    "<root> passes through <dir>, which is owned by uid 1234, neither you nor the system; choose a location you reach through your own directories",
  ],
  [
    "R7",
    ROOT_TEXTS.R7("<root>", "<dir>"),
    "<root> is inside a git checkout (<dir> has a .git entry); a worktree location must be outside every checkout, so that no session working in one can reach it — choose a directory that is not part of any repository",
  ],
  [
    "R8",
    ROOT_TEXTS.R8("<root>", 1234, 5678),
    "<root> is owned by uid 1234, not by you (uid 5678); choose a directory you own, for example under your home directory (directories on network or container storage that report a different owner are refused the same way)",
  ],
  [
    "R9",
    ROOT_TEXTS.R9("<root>", "<who>", "<mode>"),
    "<root> is writable by <who> (mode <mode>); choose a directory only you can write to, or remove the extra write permission (chmod go-w)",
  ],
  [
    "R10",
    ROOT_TEXTS.R10("<dir>"),
    "<dir> is a symbolic link; the directory under the worktree location must be a real directory",
  ],
  [
    "R11",
    ROOT_TEXTS.R11("<dir>"),
    "<dir> is itself a git checkout (it has a .git entry); a worktree location must be outside every checkout",
  ],
  [
    "R12",
    ROOT_TEXTS.R12("<dir>", "<first name>"),
    '<dir> already exists, is not marked as a worktree directory, and holds other files (for example "<first name>"); the per-repository directory under a worktree location must start out empty — remove it, restore its .claude-managed-worktrees file if you deleted it, or choose another location',
  ],
  [
    "R13",
    ROOT_TEXTS.R13(),
    '/ is a filesystem root; choose the worktree location by its absolute path, without "..", beneath the filesystem root',
  ],
  [
    "R14",
    ROOT_TEXTS.R14("<root>"),
    "<root> cannot be used: a custom worktree location is not supported on Windows hosts yet",
  ],
  [
    "W1",
    WHOLE_TEXTS.W1,
    "baseRepo is inside a managed worktrees directory (beneath .claude/worktrees, or beneath a directory holding a .claude-managed-worktrees marker), or could not be validated as a trust root",
  ],
  [
    "W2",
    WHOLE_TEXTS.W2("<p>"),
    "failed to remove worktree: could not check whether <p> is locked (its registrations could not be examined); retry",
  ],
  [
    "W3",
    WHOLE_TEXTS.W3("<root>"),
    "failed to remove worktree: the worktree location <root> is not reachable (<root> does not exist); nothing was removed — retry once it is available, or remove the worktree by hand",
  ],
  [
    "W4",
    WHOLE_TEXTS.W4("<p>", "<b>"),
    "; and the undo could not finish for <p>: the worktree itself was removed, but branch <b> was left in place: it now has commits no other branch or remote-tracking ref reaches. To keep that work, push the branch or rename it. To discard it, run git branch -D <b>. This branch name cannot be reused until the branch is renamed or deleted",
  ],
  [
    "W5",
    WHOLE_TEXTS.W5("<p>", "<b>", ""),
    "; and the undo could not finish for <p>: branch <b> still exists; delete it by hand (for example: git branch -d <b>, which git refuses if that would lose commits) before retrying this branch name: could not check whether another branch or remote-tracking ref reaches its commits",
  ],
  [
    "W5",
    WHOLE_TEXTS.W5("<p>", "<b>", "<process error>"),
    "; and the undo could not finish for <p>: branch <b> still exists; delete it by hand (for example: git branch -d <b>, which git refuses if that would lose commits) before retrying this branch name: could not check whether another branch or remote-tracking ref reaches its commits (<process error>)",
  ],
  [
    "W6",
    WHOLE_TEXTS.W6("<name>", "<errno>"),
    "removed the worktree but could not drop its registration (RemoveAll <name>: <errno>)",
  ],
  [
    "W11",
    WHOLE_TEXTS.W11("<exec error>", "<git text>"),
    "git cannot run on this host; git not run: <exec error>: <git text>",
  ],
  [
    "W12",
    WHOLE_TEXTS.W12("<exec error>", "<git text>"),
    "config-defined hooks could not be pinned off; git not run: listing the configuration in force: <exec error>: <git text>",
  ],
  [
    "M2",
    TRUST_TEXTS.M2("<file>", "<other>"),
    '"<file>" does not name the entry\'s own repository, "<other>"; restore the file to read ../.. or remove that worktree entry and add the worktree again',
  ],
  [
    "M3",
    TRUST_TEXTS.M3("<file>"),
    'worktree entry "<file>" has none (git always writes one there, containing ../..); the entry is damaged or was not made by git — recreate the worktree with git worktree add, or remove the entry',
  ],
  [
    "M4",
    TRUST_TEXTS.M4("<file>", "<reason>"),
    '"<file>" is not a small plain file (<reason>); remove it, or remove that worktree entry and add the worktree again so git rewrites it',
  ],
  [
    "S1",
    TRUST_TEXTS.S1("<file>", "<other>"),
    '"<file>" reads "<other>"; git writes that file only inside .git/worktrees/<name>/, and Claude Code\'s sandbox may leave one containing just "."; anything else sends git\'s configuration and hooks elsewhere, so treat it as tampering: delete it, and if you did not create it, find out what did',
  ],
  [
    "S2",
    TRUST_TEXTS.S2("<file>", "<reason>"),
    '"<file>" is not a small plain file (<reason>); git writes that file only inside .git/worktrees/<name>/; one here can send git\'s configuration and hooks elsewhere, so treat it as tampering: delete it, and if you did not create it, find out what did',
  ],
  [
    "S3",
    TRUST_TEXTS.S3("<file>"),
    '"<file>" sits in a git directory git would not take as a repository (its HEAD, objects or refs missing or invalid), so git would look for one somewhere else; repair that directory (usually its HEAD file)',
  ],
];

for (const [id, said, text] of TEXTS) {
  Deno.test(`the text ${id} is that of the contract: ${text.slice(0, 40)}`, () => assertEquals(said, text));
}

Deno.test("texts begin as the contract says", () => {
  assertEquals(refusing("create", "x"), "refusing to create worktree: x");
  assertEquals(refusing("remove", "x"), "refusing to remove worktree: x");
  assertEquals(
    untrusted("x"),
    "the repository's git directory could not be trusted; git not run: commondir not as git writes it: x",
  );
  assertEquals(
    WHOLE_TEXTS.timeout(5, TIMEOUT_MOMENTS.before),
    "git worktree add timed out after 5ms (deadline expired before the checkout started)",
  );
});

Deno.test("texts quote at most 300 characters of a path and 60 of a content", () => {
  const text = TRUST_TEXTS.S1("\u00e9".repeat(400), "x".repeat(100));
  assertEquals(text.startsWith(`"${"\u00e9".repeat(300)}" reads "${"x".repeat(60)}";`), true);
});
