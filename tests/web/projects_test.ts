import { assertEquals } from "@std/assert";
import { waitFor } from "../helpers/wait.ts";
import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { webSuite } from "./helpers/suite.ts";
import { git, makeProject, writeFiles, writeTranscript } from "./helpers/test_project.ts";

const CONVERSATION = "5d3f2c1a-1111-4000-8000-000000000001";
const suite = webSuite();

suite.test("Home shows projects with their branch, changes and trust, and what is no project", async ({ home, open }) => {
  await using billing = await makeProject(home, "billing", { isRepository: true, changes: { "a.txt": "1\n" } });
  await using _website = await makeProject(home, "website", { isTrusted: false });
  await Deno.mkdir(`${home.projects}/not a name`);
  await using visitor = await open();
  const { page } = visitor;
  const projects = page.getByRole("region", { name: /^Projects/ });
  const card = projects.getByRole("link", { name: "billing" });
  await card.getByText("main").waitFor();
  await card.getByText("1 change").waitFor();
  await projects.getByRole("link", { name: "website" }).getByText("Not trusted").waitFor();
  await projects.getByText("1 directory is no project").click();
  await projects.getByText("not a name").waitFor();
  await writeFiles(billing.path, { "b.txt": "2\n" });
  await card.getByText("2 changes").waitFor();
  await page.getByRole("searchbox").fill("bill");
  await projects.getByRole("link", { name: "website" }).waitFor({ state: "detached" });
  await card.click();
  await page.getByRole("heading", { name: "billing", level: 1 }).waitFor();
  await Deno.remove(`${home.projects}/not a name`);
});

suite.test("a project that appears is on Home at once", async ({ home, open }) => {
  await using visitor = await open();
  const { page } = visitor;
  await page.getByRole("region", { name: /^Projects/ }).waitFor();
  await using _late = await makeProject(home, "appears-late");
  await page.getByRole("link", { name: "appears-late" }).waitFor();
});

suite.test("Trust on a project's page records that it is trusted", async ({ home, open }) => {
  await using _project = await makeProject(home, "untrusted-one", { isTrusted: false });
  await using visitor = await open({ path: "/projects/untrusted-one" });
  const { page } = visitor;
  await page.getByRole("button", { name: "Trust" }).click();
  await page.getByText("Trusted", { exact: true }).waitFor();
  assertEquals((await home.call("project.get", { project_name: "untrusted-one" })).trust, "trusted");
});

suite.test("a session is started from a project's page, and is there afterwards", async ({ home, open }) => {
  await using project = await makeProject(home, "starts-here");
  await using visitor = await open({ path: "/projects/starts-here" });
  const { page } = visitor;
  await page.getByRole("button", { name: "New session here" }).click();
  const dialog = page.getByRole("dialog", { name: "New session" });
  assertEquals(await dialog.getByLabel("Path").inputValue(), project.path);
  await dialog.getByRole("button", { name: "Start" }).click();
  await sessionView(page).isShown("idle");
  await page.goBack();
  await page.getByRole("region", { name: /^Sessions/ }).getByRole("link", { name: "starts-here" }).waitFor();
  await home.session("kill", "starts-here");
});

suite.test("a session in a work tree says so, and is removed with it", async ({ home, open }) => {
  await using project = await makeProject(home, "with-trees", { isRepository: true });
  await using visitor = await open({ path: "/projects/with-trees", expected: [/status of 403/] });
  const { page } = visitor;
  await page.getByRole("button", { name: "New session here" }).click();
  const dialog = page.getByRole("dialog", { name: "New session" });
  await dialog.getByLabel("Work tree").fill("mend-it");
  await dialog.getByRole("button", { name: "Start" }).click();
  await sessionView(page).isShown("idle");
  await page.getByText("work tree mend-it").waitFor();
  await visitor.go("/");
  await page.getByRole("main").getByRole("link", { name: "mend-it" }).click();
  const { worktree } = (await home.call("sessions.list", {})).find(({ worktree }) => worktree !== undefined)!;
  await writeFiles(worktree!.path, { "new.txt": "work\n" });
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Stop" }).click();
  await sessionView(page).isShown("stopped");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  const removal = page.getByRole("dialog");
  await removal.getByRole("checkbox").check();
  await removal.getByRole("button", { name: "Remove" }).click();
  await removal.getByLabel(/^Type .* to lose the work/).fill(worktree!.path.split("/").at(-1)!);
  await removal.getByRole("button", { name: "Remove" }).click();
  await page.waitForURL(`${home.url}/`);
  assertEquals((await home.call("project.get", { project_name: project.name })).worktrees, []);
});

suite.test("a work tree without a session is removed when its name is confirmed", async ({ home, open }) => {
  await using project = await makeProject(home, "orphans", { isRepository: true });
  const tree = `${project.path}/.claude/worktrees/left`;
  await git(project.path, "worktree", "add", "--quiet", "-b", "left", tree);
  await writeFiles(tree, { "new.txt": "work\n" });
  await using visitor = await open({ path: "/projects/orphans" });
  const { page } = visitor;
  const trees = page.getByRole("region", { name: /^Work trees/ });
  await trees.getByText("1 uncommitted change").waitFor();
  await trees.getByRole("button", { name: "Remove" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Type left").fill("left");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await trees.waitFor({ state: "detached" });
  assertEquals((await home.call("project.get", { project_name: project.name })).worktrees, []);
});

suite.test("usage is shown as a plot and as tables", async ({ home, open }) => {
  await using project = await makeProject(home, "used");
  await writeTranscript(home, project.path, { id: CONVERSATION, prompt: "Count the words" });
  await using visitor = await open({ path: "/projects/used" });
  const usage = visitor.page.getByRole("region", { name: "Usage" });
  await usage.getByText(/^about \$\d/).first().waitFor();
  await usage.getByRole("table", { name: "By model" }).getByText("sonnet-4-5").waitFor();
  await usage.getByText("As a table").click();
  await usage.getByRole("table", { name: "Usage by day" }).getByText("20 Nov").waitFor();
});

suite.test("a past conversation is read page by page, and resumed", async ({ home, open }) => {
  await using project = await makeProject(home, "remembers");
  await writeTranscript(home, project.path, {
    id: CONVERSATION.replace("1111", "2222"),
    prompt: "Tell a story",
    turns: 40,
  });
  await using visitor = await open({ path: "/projects/remembers" });
  const { page } = visitor;
  const history = page.getByRole("region", { name: "History" });
  await history.getByRole("button", { name: "Start new session" }).waitFor();
  await history.getByRole("button", { name: "Fork" }).waitFor();
  await history.getByRole("link", { name: "Tell a story" }).click();
  const turns = page.getByRole("list", { name: "Past conversation" });
  await turns.getByText("Answer 40.").waitFor();
  assertEquals(await turns.getByText("Answer 1.", { exact: true }).count(), 0);
  await page.getByRole("button", { name: "Load what was said before" }).click();
  await turns.getByText("Answer 1.", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
  await sessionView(page).isShown("idle");
  const session = await waitFor(
    "the session",
    async () => (await home.call("sessions.list", {})).find(({ path }) => path === project.path),
  );
  assertEquals(session.claude_session_id, CONVERSATION.replace("1111", "2222"));
  await home.session("kill", session.name);
});

suite.test("Changes shows what a session has changed, and again after each turn", async ({ home, open }) => {
  await using project = await makeProject(home, "is-changed", {
    isRepository: true,
    files: { "one.txt": "first\nsecond\n" },
  });
  const { id } = await home.call("session.start", { path: project.path, permission_mode: "acceptEdits" });
  await using visitor = await open({ path: pathOfSession({ id }) });
  const { page } = visitor;
  await page.getByRole("link", { name: "Changes", exact: true }).click();
  const changes = page.getByRole("region", { name: "Changes" });
  await changes.getByText("No changes").waitFor();
  await sessionView(page).send("tool Write one.txt first");
  const file = changes.getByRole("group").filter({ hasText: "one.txt" }).first();
  await file.getByText("Modified").waitFor();
  await changes.getByRole("group", { name: "Changes of one.txt" }).getByText("second").waitFor();
  await sessionView(page).send("tool Write two.txt new");
  await changes.getByText("2 changed files").waitFor();
  await changes.getByText("two.txt").waitFor();
  await home.session("kill", "is-changed");
});

suite.test("without a root, Home says the line that configures one", async ({ browser, open }) => {
  await using visitor = await open();
  const { page } = visitor;
  assertEquals(browser.isConnected(), true);
  await page.route(/\/api\/projects$/, (route) => route.fulfill({ json: { projects: [], skipped: [] } }));
  await page.reload();
  const field = page.getByLabel("The line for hub.toml");
  assertEquals(/^projects\.root = "/.test(await field.inputValue()), true);
});
