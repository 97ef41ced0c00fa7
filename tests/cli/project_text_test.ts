import { assertEquals } from "@std/assert";
import { formatProject } from "../../lib/cli/project_text.ts";
import type { ProjectDetails } from "../../lib/projects/types.ts";

Deno.test("formatProject() says what runs and was used in a project", () => {
  const project: ProjectDetails = {
    name: "web",
    path: "/src/web",
    is_git_repo: true,
    branch: "main",
    changes: 2,
    has_claude_md: true,
    has_claude_dir: false,
    trust: "trusted",
    allow_bypass_permissions: false,
    sessions: 1,
    usage: { tokens: { input: 1_000, output: 200, cache_read: 30, cache_creation: 4 }, cost_usd: 0.5 },
    worktrees: [],
  };
  const rest = { names: new Map(), instances: [], columns: Infinity };
  assertEquals(
    formatProject(project, rest),
    `name            web
path            /src/web
trust           trusted
branch          main
changes         2
CLAUDE.md       yes
sessions        1
remote control  none
usage           1,234 tokens, about $0.50`,
  );
});
