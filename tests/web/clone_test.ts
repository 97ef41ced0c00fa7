import { assertEquals } from "@std/assert";
import type { Page, WebSocketRoute } from "playwright-core";
import type { CloneJob } from "../../lib/projects/types.ts";
import { cloneJob } from "./helpers/notices.ts";
import { webSuite } from "./helpers/suite.ts";

const suite = webSuite();

/** Has the page believe that the hub clones; returns what tells it of a clone. */
async function fakeClones(page: Page, jobs: CloneJob[]): Promise<(job: CloneJob) => void> {
  const sockets: WebSocketRoute[] = [];
  await page.routeWebSocket(/\/ws\/dashboard/, (socket) => {
    socket.connectToServer();
    sockets.push(socket);
  });
  await page.route(/\/api\/clones$/, (route) => route.fulfill({ json: jobs }));
  await page.route(/\/api\/projects\/clone$/, (route) => route.fulfill({ status: 202, json: jobs[0]! }));
  await page.reload();
  return (job) => sockets.at(-1)?.send(JSON.stringify({ type: "notice", topic: "clones", job }));
}

suite.test("Create makes an empty project and leads to it", async ({ home, open }) => {
  await using visitor = await open();
  const { page } = visitor;
  await page.getByRole("link", { name: /New project|Create or clone one/ }).first().click();
  await page.getByLabel("Name").fill("bad name");
  await page.getByText("A name has letters, digits, dots, dashes and underscores.").waitFor();
  assertEquals(await page.getByRole("button", { name: "Create" }).isDisabled(), true);
  await page.getByLabel("Name").fill("brand-new");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "brand-new" }).waitFor();
  assertEquals((await home.call("project.get", { project_name: "brand-new" })).is_git_repo, true);
});

suite.test("an address that must not be cloned is told in the form, which keeps it", async ({ open }) => {
  await using visitor = await open({ path: "/new-project", expected: [/status of 4\d\d/] });
  const { page } = visitor;
  await page.getByLabel("Repository URL").fill("https://127.0.0.1/repo.git");
  await page.getByRole("button", { name: "Clone" }).click();
  await page.getByRole("alert").filter({ hasText: "127.0.0.1" }).waitFor();
  assertEquals(await page.getByLabel("Repository URL").inputValue(), "https://127.0.0.1/repo.git");
});

suite.test("a clone shows its progress, and at its end what runs once a session starts there", async ({ open }) => {
  await using visitor = await open({ path: "/new-project" });
  const { page } = visitor;
  const jobs: CloneJob[] = [];
  const tell = await fakeClones(page, jobs);
  await page.getByLabel("Repository URL").fill("https://git.example/tool.git");
  jobs.push(cloneJob("1", undefined, { name: "tool" }));
  await page.getByRole("button", { name: "Clone" }).click();
  const card = page.getByRole("article", { name: "Clone tool" });
  const bar = card.getByRole("progressbar", { name: "Progress of tool" });
  await bar.waitFor();
  tell(cloneJob("1", 42, { name: "tool", bytes: 5 << 20 }));
  await card.getByText("Receiving objects 42 %").waitFor();
  assertEquals(await bar.getAttribute("aria-valuenow"), "42");
  tell(cloneJob("1", 100, { name: "tool", status: "done", ended_at: new Date().toISOString() }));
  await card.getByText("runs as soon as a session starts there").waitFor();
  await card.getByRole("link", { name: "Open tool" }).waitFor();
});

suite.test("Cancel ends a clone, and nothing is left of it", async ({ open }) => {
  await using visitor = await open({ path: "/new-project" });
  const { page } = visitor;
  const jobs = [cloneJob("1", 7, { name: "huge" })];
  await fakeClones(page, jobs);
  await page.route(/\/api\/clones\/1\b/, (route) => {
    jobs[0] = cloneJob("1", 7, { name: "huge", status: "cancelled" });
    return route.fulfill({ json: jobs[0] });
  });
  const card = page.getByRole("article", { name: "Clone huge" });
  await card.getByRole("button", { name: "Cancel" }).click();
  await card.getByText("Nothing is left of it.").waitFor();
});
