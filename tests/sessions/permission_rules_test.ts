import { assert, assertEquals } from "@std/assert";
import {
  decide,
  describeRule,
  matches,
  type RuleContext,
  ruleFor,
  type RuleMatch,
  type ToolCall,
} from "../../lib/sessions/permission_rules.ts";
import { realPathSoFar } from "../../lib/sessions/real_path.ts";
import { tempDir } from "../helpers/temp.ts";

const CONTEXT: RuleContext = { directory: "/work", realPath: (path) => path, guarded: ["claustrum"] };

function bash(command: string, more: Readonly<Record<string, unknown>> = {}): ToolCall {
  return { toolName: "Bash", input: { command, ...more }, requiresUserInteraction: false };
}

function tool(toolName: string, input: unknown): ToolCall {
  return { toolName, input, requiresUserInteraction: false };
}

function ruleOf(command: string): RuleMatch {
  return ruleFor(bash(command), CONTEXT)!;
}

function covers(rule: RuleMatch, command: string): boolean {
  return matches(rule, bash(command), CONTEXT);
}

Deno.test("ruleFor() takes the first word of a command, and the second where it is a plain word", () => {
  assertEquals(ruleOf("git status -s"), { kind: "command", words: ["git", "status"] });
  assertEquals(ruleOf("ls -la"), { kind: "command", words: ["ls"] });
  assertEquals(ruleOf("cat a/b"), { kind: "command", words: ["cat"] });
  assertEquals(describeRule(ruleOf("ls -la")), 'commands that begin with "ls"');
});

Deno.test("a rule for a command covers it with other arguments", () => {
  const rule = ruleOf("git status");
  for (const command of ["git status", "git status -s", "git  status lib", " git\tstatus --short", "git status -- a"]) {
    assert(covers(rule, command), command);
  }
});

Deno.test("a rule for a command does not cover one that does something else besides", () => {
  const rule = ruleOf("git status");
  const others = [
    ...["git status; rm -rf /", "git status && x", "git status & x", "git status | sh", "git status || x"],
    ...["git  status\n x", "git status\rx", "git status $(x)", "git status ${x}", "git status $x", "git status `x`"],
    ...["git status > .git/hooks/pre-commit", "git status < x", "git status <(x)", "git status {a,b}", "git status *"],
    ...["git status ~/x", "git status #", "git status !x", "git status \\\nx", "git 'status' x", 'git "status"'],
    ...["gitx", "gitx status", "git statusx", "git", "git log", "git -c core.pager=x status", "git -C / status"],
    ...["git --exec-path=x status", "./git status", "/tmp/git status", "GIT status", "git.sh status", "-git status"],
    ...["A=b git status", "GIT_PAGER=x git status", "git=x status", "sudo git status", "env git status"],
    ...["xargs git status", "npx git status", "command git status", "time git status", "exec git status", ""],
    ...[
      "git\u00a0status",
      "git status\u00a0x",
      "git status \u2028x",
      "\u3000git status",
      "git\u200bstatus",
      "git\vstatus",
    ],
    ...["git status \0x", "git status \x1b[0m", "git\fstatus", "git status\u0085x", "\ufeffgit status"],
  ];
  for (const command of others) assert(!covers(rule, command), JSON.stringify(command));
});

Deno.test("ruleFor() covers exactly the whole command where its first words do not tell what runs", () => {
  const exact = [
    ...["python3 a.py", "python3.12 a.py", "node x", "deno run x", "sh x", "bash x", "sudo ls", "env ls", "xargs ls"],
    ...["npx x", "npm run x", "A=b ls", "make all", "find x", "ssh host", "awk x", "sed x", "time ls", "watch ls"],
    ...[
      "Bash x",
      "SUDO ls",
      "python.exe x",
      "powershell.exe x",
      "bash-5.2 x",
      "nodejs x",
      "lua5.4 x",
      "eval ls",
      ". x",
    ],
    ...["tar xf a", "rsync a b", "sort a", "rg x", "fd x", "scp a b", "curl x", "./x y", "/bin/ls", "ls | x", "ls 'x'"],
  ];
  for (const command of exact) {
    const rule = ruleOf(command);
    assertEquals([rule.kind, command], ["exact", command]);
    assert(covers(rule, command), command);
    assert(!covers(rule, `${command} z`), command);
  }
});

Deno.test("a rule for git never covers what its options, aliases and commands can run", () => {
  const exact = [
    ...[
      "git",
      "git -c core.pager=x log",
      "git -c alias.s=x s",
      "git -C /x log",
      "git --exec-path=x log",
      "git --version",
    ],
    ...[
      "git config alias.s x",
      "git bisect run x",
      "git submodule foreach x",
      "git rebase -x x",
      "git rebase --exec x",
    ],
    ...["git rebase --exe x", "git grep -Ox y", "git grep -iOx y", "git grep --open-files=x y", "git clone -u x y"],
    ...["git fetch --upload-pack=x", "git fetch --upload-pa x", "git push --receive-pack=x", "git log --output=x"],
    ...["git diff --out=x", "git diff --ext-diff", "git clone -c core.fsmonitor=x y", "git clone --config=x y"],
    ...[
      "git difftool -x x",
      "git clone --template=x y",
      "git init --template=x",
      "git remote add x y",
      "GIT.EXE -c x y",
    ],
  ];
  for (const command of exact) assertEquals([ruleOf(command).kind, command], ["exact", command]);
  assert(!covers({ kind: "command", words: ["git"] }, "git -c core.pager=x log"), "a rule that is stored already");
  assert(!covers(ruleOf("git log"), "git log --output=.git/hooks/pre-commit"));
  assert(!covers(ruleOf("git fetch origin"), "git fetch --upload-pack=x origin"));
  assert(covers(ruleOf("git log"), "git log --oneline -5 -- lib"));
  assert(covers(ruleOf("git push"), "git push -u origin main"));
});

Deno.test("a rule for a program with commands of its own needs one of them", () => {
  for (const command of ["cargo", "cargo --config x test", "go -C x run", "gh -R x pr", "systemctl -H x stop"]) {
    assertEquals([ruleOf(command).kind, command], ["exact", command]);
  }
  assertEquals(ruleOf("cargo test --all"), { kind: "command", words: ["cargo", "test"] });
});

Deno.test("an exact rule covers the same input in any order, whatever the agent says about a command", () => {
  const rule = ruleFor(bash("sh x", { timeout: 1, description: "one" }), CONTEXT)!;
  const same = { description: "two", timeout: 1, command: "sh x" };
  assert(matches(rule, tool("Bash", same), CONTEXT));
  assert(!matches(rule, tool("Bash", { ...same, timeout: 2 }), CONTEXT));
  assert(!matches(rule, tool("Shell", same), CONTEXT));
});

Deno.test("an exact rule compares all that a tool other than the shell is called with", () => {
  const call = tool("mcp__issues__create", { title: "a", description: "b", list: [{ description: "c" }] });
  const rule = ruleFor(call, CONTEXT)!;
  assert(matches(rule, call, CONTEXT));
  for (const input of [{ title: "a", description: "x", list: [{ description: "c" }] }, { title: "a" }, null]) {
    assert(!matches(rule, tool("mcp__issues__create", input), CONTEXT), JSON.stringify(input));
  }
});

Deno.test("a rule for a command does not cover one with a field that changes how it runs", () => {
  const rule = ruleOf("git status");
  assert(matches(rule, bash("git status", { description: "x", timeout: 5, run_in_background: false }), CONTEXT));
  assert(!matches(rule, bash("git status", { dangerouslyDisableSandbox: true }), CONTEXT));
  assert(!matches(rule, tool("Bash", ["git status"]), CONTEXT));
  assert(!matches(rule, tool("Bash", { command: ["git status"] }), CONTEXT));
  assert(!matches(rule, tool("Bash", null), CONTEXT));
});

Deno.test("a rule for edits covers files below the directory by their real path, and never code for agents and git", async () => {
  await using temp = await tempDir();
  const root = await Deno.realPath(temp.path);
  const directory = `${root}/work`;
  for (const path of ["work/lib", "work/.git/hooks", "outside", "work/.claude"]) {
    await Deno.mkdir(`${root}/${path}`, { recursive: true });
  }
  await Deno.writeTextFile(`${root}/outside/file`, "");
  await Deno.symlink(`${root}/outside`, `${directory}/out`);
  await Deno.symlink(`${root}/outside/file`, `${directory}/link`);
  await Deno.symlink(`${root}/outside/none`, `${directory}/dangling`);
  await Deno.symlink(`${directory}/.git/hooks`, `${directory}/hooks`);
  await Deno.symlink("lib", `${directory}/inside`);
  await Deno.symlink("loop", `${directory}/loop`);
  const context: RuleContext = { directory, realPath: realPathSoFar, guarded: [] };
  const rule = ruleFor(tool("Write", { file_path: `${directory}/lib/a.ts` }), context)!;
  assertEquals(rule, { kind: "edits" });
  const isCovered = (path: string) => matches(rule, tool("Edit", { file_path: path }), context);
  for (const path of ["lib/b.ts", "new/deep/c.ts", "lib/../d.ts", "inside/e.ts", "gitx", ".gitignore", "CLAUDE.mdx"]) {
    assert(isCovered(`${directory}/${path}`), path);
    assert(isCovered(path), path);
  }
  const refused = [
    ...["../outside/x", "lib/../../outside/x", "out/x", "link", "dangling", "loop", "none/../../outside/x", "", "."],
    ...[".git/hooks/x", ".git/config", "hooks/pre-commit", "lib/../.git/config", ".GIT/config", ".git", "lib/.git/x"],
    ...[".claude/settings.json", ".Claude/settings.json", "lib/.claude/x", ".mcp.json", ".MCP.json", "CLAUDE.md"],
    ...["claude.md", "lib/Claude.MD", "CLAUDE.local.md", "claude.LOCAL.md", ".g\u200cit/config", ".git./config"],
    ...[".git /config", "\uff23LAUDE.md", "a\0b"],
  ];
  for (const path of refused) {
    assert(!isCovered(path), path);
    assert(!isCovered(`${directory}/${path}`), `${directory}/${path}`);
  }
  for (const path of ["/etc/passwd", `${root}/workother/x`, `${root}/outside/x`]) assert(!isCovered(path), path);
  const notebook = (path: string) => matches(rule, tool("NotebookEdit", { notebook_path: path }), context);
  assertEquals([notebook("a.ipynb"), notebook("../a.ipynb"), notebook(".git/a.ipynb")], [true, false, false]);
  // Another tool's path says nothing, nor does the path of another field.
  assert(!matches(rule, tool("NotebookEdit", { file_path: "a.ipynb", notebook_path: "../a" }), context));
  assert(!matches(rule, tool("Delete", { file_path: "a.ts" }), context));
  assertEquals(ruleFor(tool("Write", { file_path: "CLAUDE.md" }), context), undefined);
});

Deno.test("decide() asks about guarded names whatever the rules and the policy allow, and denies them under deny", () => {
  const rules: RuleMatch[] = [{ kind: "command", words: ["echo"] }];
  for (
    const command of ["echo claustrum", "echo CLAUSTRUM", "cat x/claustrum/y", "claus''trum stop", "cl\\austrum x"]
  ) {
    const call = bash(command);
    assertEquals([command, decide(call, rules, "allow", CONTEXT).decision], [command, "ask"]);
    assertEquals([command, decide(call, rules, "deny", CONTEXT).decision], [command, "deny"]);
    assertEquals(ruleFor(call, CONTEXT), undefined);
  }
});

Deno.test("decide() follows the rules, then the policy", () => {
  const rules = [ruleOf("ls -la")];
  assertEquals(decide(bash("ls x"), rules, "deny", CONTEXT), { decision: "allow", by: "rule" });
  for (const policy of ["ask", "allow", "deny"] as const) {
    assertEquals(decide(bash("rm x"), rules, policy, CONTEXT), { decision: policy, by: "policy" });
  }
});

Deno.test("decide() leaves what needs a person to a person, and denies it under deny", () => {
  const call = { ...tool("AskUserQuestion", { questions: [] }), requiresUserInteraction: true };
  const rules: RuleMatch[] = [{ kind: "exact", tool: "AskUserQuestion", input: '{"questions":[]}' }];
  assertEquals(ruleFor(call, CONTEXT), undefined);
  assertEquals(decide(call, rules, "allow", CONTEXT).decision, "ask");
  assertEquals(decide(call, rules, "ask", CONTEXT).decision, "ask");
  assertEquals(decide(call, rules, "deny", CONTEXT).decision, "deny");
});

for (const name of ["AskUserQuestion", "ExitPlanMode"]) {
  Deno.test(`${name} needs a person also where the agent does not say so`, () => {
    const call = tool(name, { plan: "1. look" });
    const rule: RuleMatch = { kind: "exact", tool: name, input: '{"plan":"1. look"}' };
    assertEquals(ruleFor(call, CONTEXT), undefined);
    assertEquals(decide(call, [rule], "allow", CONTEXT).decision, "ask");
    assertEquals(decide(call, [], "deny", CONTEXT).decision, "deny");
  });
}
