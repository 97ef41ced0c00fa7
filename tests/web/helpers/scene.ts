import type { StartParams } from "../../../lib/sessions/types.ts";
import { waitFor } from "../../helpers/wait.ts";
import type { TestSession } from "./test_session.ts";
import { git, makeProject, writeTranscript } from "./test_project.ts";
import type { WebHome } from "./web_home.ts";

const ANSWER =
  `The upload gives up at the first failure: \`sendPart()\` throws on any status of 500 and above, and nobody
catches it. I changed three things:

1. A part is sent again up to **five times**, with a pause that doubles and a little chance in it.
2. A \`4xx\` is told at once, because the same request would fail again.
3. The progress bar counts a part when it has arrived, not when it is sent.

\`\`\`ts
async function sendPart(part: Part, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(part.url, { method: "PUT", body: part.blob, signal });
    if (response.ok) return;
    if (response.status < 500 || attempt === MAX_ATTEMPTS) throw new UploadError(response.status);
    await pause(backoff(attempt), signal);
  }
}
\`\`\`

| case             | before   | now           |
| ---------------- | -------- | ------------- |
| 503 for a second | fails    | goes on       |
| 403              | fails    | fails at once |
| laptop sleeps    | hangs    | goes on       |

I will run the tests next.`;

const UPLOAD = `export const MAX_ATTEMPTS = 5;

/** Returns how long to wait before an attempt, in milliseconds. */
export function backoff(attempt: number): number {
  return 250 * 2 ** attempt * (0.75 + Math.random() / 2);
}
`;

const PLAN = `# Move the settings to one file

1. Read \`settings.toml\` beside the old environment variables, and warn where both say something.
2. Write a command that prints the file for the variables that are set.
3. Remove the variables in the release after the next.

Nothing changes for those who set nothing.`;

/** What people write in the scene, and what the stand-in does then. */
const PROMPTS: Readonly<Record<string, string>> = {
  "The upload stops when the network fails for a moment. Can you make it try again?": script(
    ["think", "The upload has no retry at all. I look at how parts are sent before I change anything."],
    ["say", "I look at how the parts are sent."],
    ["tool", "Bash ls src"],
    ["tool", "Bash cat src/upload.ts"],
    ["tool", `Write src/upload.ts ${UPLOAD}`],
    ["say", ANSWER],
    ["tool", 'Bash {"command":"npm test -- --reporter=dot","description":"Run the tests"}'],
  ),
  "Which database should the sessions be kept in?": `tool AskUserQuestion ${
    JSON.stringify({
      questions: [{
        question: "Where should the sessions be kept?",
        header: "Storage",
        multiSelect: false,
        options: [
          { label: "SQLite", description: "One file, no server; enough for one machine" },
          { label: "PostgreSQL", description: "A server that is there already, with backups" },
        ],
      }],
    })
  }`,
  "Plan how we get all settings into one file": `plan ${PLAN}`,
  "Write the release notes for 2.4": script(
    ["tool", "Bash ls"],
    [
      "stall",
      "# Release 2.4\n\nThis release makes **uploads survive** a bad connection.\n\n- Parts are sent again.\n- The",
    ],
  ),
  "Explain how the cache is invalidated": script(["say", ANSWER]),
  "Deploy it": "crash 1",
};

const CLAUDE_MD = `# Billing

Run \`npm test\` before you commit; it takes a minute.

- Money is in cents, never in floating point.
- Invoices are never changed after they were sent: write a credit note.
`;

/** More of `hub.toml`, for a hub whose agents know the prompts of the scene. */
export const SCENE_CONFIG = `agent.env = { STAND_IN_PROMPTS = ${JSON.stringify(JSON.stringify(PROMPTS))} }\n`;

/** Sessions in every state. */
export interface Scene extends AsyncDisposable {
  /** It has a conversation, and asks for a permission. */
  readonly permission: TestSession;
  readonly question: TestSession;
  readonly plan: TestSession;
  /** Its agent is answering, and prompts wait. */
  readonly streaming: TestSession;
  readonly idle: TestSession;
  readonly stopped: TestSession;
  readonly failed: TestSession;
}

/** Starts sessions in every state; the hub must have {@linkcode SCENE_CONFIG}. */
export async function playScene(home: WebHome): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const start = async (name: string, params: Partial<StartParams>) => stack.use(await home.start(name, params));
  // One after the other, so that the pages show them in the same order each time.
  const ask = async (name: string, params: Partial<StartParams>) => {
    const session = await start(name, params);
    await session.whenAsked();
    return session;
  };
  const source = `${home.work}/upload-retries/src`;
  await Deno.mkdir(source, { recursive: true });
  await Deno.writeTextFile(`${source}/upload.ts`, "export function upload(): void {}\n");
  const permission = await ask("upload-retries", {
    prompt: "The upload stops when the network fails for a moment. Can you make it try again?",
    permission_mode: "acceptEdits",
    model: "claude-opus-4-5",
  });
  const question = await ask("session-store", { prompt: "Which database should the sessions be kept in?" });
  const plan = await ask("one-settings-file", { prompt: "Plan how we get all settings into one file" });
  await playProjects(home, stack);
  const streaming = await start("release-notes", { prompt: "Write the release notes for 2.4", model: "sonnet" });
  const idle = await start("cache", { prompt: "Explain how the cache is invalidated" });
  const stopped = await start("docs", { prompt: "Explain how the cache is invalidated" });
  const failed = await start("deploy", { prompt: "Deploy it" });
  await Promise.all([idle, stopped].map((session) => session.whenStatus("idle")));
  await waitFor("the failure", async () => /error|stopped/.test((await failed.read()).status));
  await home.call("session.stop", { session_name: stopped.id });
  await stopped.whenStatus("stopped");
  await streaming.whenStatus("active");
  for (const prompt of ["Mention the new shortcuts, too", "Then open a pull request"]) await streaming.send(prompt);
  return {
    permission,
    question,
    plan,
    streaming,
    idle,
    stopped,
    failed,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Projects with what people have in them: history, usage, a work tree that nobody uses, remote control. */
async function playProjects(home: WebHome, stack: AsyncDisposableStack): Promise<void> {
  const files = { "CLAUDE.md": CLAUDE_MD, ".claude/settings.json": "{}\n", "src/invoice.ts": "export {};\n" };
  const changes = { "src/invoice.ts": "export const VAT = 19;\n", "notes.txt": "ask about credit notes\n" };
  const billing = stack.use(await makeProject(home, "billing", { isRepository: true, files, changes }));
  stack.use(await makeProject(home, "downloaded", { isTrusted: false }));
  stack.use(await makeProject(home, "letters"));
  await Deno.mkdir(`${home.projects}/old stuff`);
  await git(
    billing.path,
    "worktree",
    "add",
    "--quiet",
    "-b",
    "credit-notes",
    `${billing.path}/.claude/worktrees/credit-notes`,
  );
  for (const [i, [prompt, turns]] of PAST.entries()) {
    const model = i === 1 ? "claude-opus-4-5-20251101" : "claude-sonnet-4-5-20250929";
    const id = `5d3f2c1a-2222-4000-8000-00000000000${i}`;
    await writeTranscript(home, billing.path, { id, prompt, turns, model, day: `2026-11-${String(20 - 3 * i)}` });
  }
  const { id } = await home.call("instances.start", { project: "billing", name: "billing at home" });
  await waitFor(
    "remote control",
    async () => (await home.call("instances.get", { instance_id: id })).status === "running",
  );
  const crashed = await home.call("instances.start", { project: "letters", name: "letters crash" });
  await waitFor(
    "the crash",
    async () => (await home.call("instances.get", { instance_id: crashed.id })).status === "crashed",
  );
}

const PAST: readonly (readonly [prompt: string, turns: number])[] = [
  ["Write the invoices of a customer into one PDF", 4],
  ["Where is the VAT rounded, and is that right for credit notes?", 12],
  ["Move the templates of the letters out of the code", 7],
];

/** Returns the words for several things in one turn. */
function script(...steps: readonly (readonly [string, string])[]): string {
  return `script ${JSON.stringify(steps)}`;
}
