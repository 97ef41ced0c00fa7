import { assertEquals, assertStringIncludes } from "@std/assert";
import { plainEnvironment } from "../helpers/daemon.ts";
import { sessionHome } from "../helpers/session_home.ts";
import { hasSsh } from "../helpers/ssh_server.ts";
import { addBox, BOX, type FarMachines, farMachines } from "./helpers/far_machine.ts";
import { webSuite } from "./helpers/suite.ts";

let machines: FarMachines<typeof BOX> | undefined;
const suite = webSuite({
  async surroundings(stack) {
    if (!hasSsh()) return {};
    machines = await farMachines(stack, { [BOX]: { projects: "src" } });
    return machines.env;
  },
});

/** The home directory of the machine, which is there where the tests run. */
function boxHome(): string {
  if (machines === undefined) throw new Error("the machine was not prepared");
  return machines.far[BOX].home;
}

suite.test("a project of another machine has a page, and its CLAUDE.md is edited there", async ({ home, open }) => {
  const path = `${boxHome()}/src/far-away`;
  await Deno.mkdir(path);
  await Deno.writeTextFile(`${path}/CLAUDE.md`, "# Far away\n");
  await addBox(home);
  await home.call("project.trust", { host: BOX, project_name: "far-away" });
  await using visitor = await open();
  const { page } = visitor;
  // Without a filter, too.
  await page.getByRole("main").getByRole("link", { name: /^far-away/ }).getByText(`on ${BOX}`).waitFor();
  await visitor.go(`/?host=${BOX}`);
  await page.getByRole("main").getByRole("link", { name: /^far-away/ }).click();
  await page.getByRole("heading", { name: "far-away" }).waitFor();
  assertEquals(new URL(page.url()).search, `?host=${BOX}`);
  await page.getByRole("banner").or(page.locator(".project-header")).getByText(`on ${BOX}`).waitFor();
  const editor = page.getByRole("textbox", { name: "CLAUDE.md" });
  await editor.fill("# Far away\n\nAsk first.\n");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("CLAUDE.md was saved").waitFor();
  assertStringIncludes(await Deno.readTextFile(`${path}/CLAUDE.md`), "Ask first.");
  await page.getByRole("button", { name: "New session here" }).click();
  const dialog = page.getByRole("dialog", { name: "New session" });
  assertEquals(await dialog.getByRole("combobox", { name: "Host" }).inputValue(), BOX);
  assertEquals(await dialog.getByLabel("Path").inputValue(), path);
}, "sshd");

suite.test("a project is created on another machine", async ({ home, open }) => {
  await addBox(home);
  await using visitor = await open({ path: `/new-project?host=${BOX}` });
  const { page } = visitor;
  assertEquals(await page.getByRole("combobox", { name: "Host" }).inputValue(), BOX);
  await page.getByLabel("Name").fill("made-there");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "made-there" }).waitFor();
  assertEquals((await Deno.stat(`${boxHome()}/src/made-there`)).isDirectory, true);
}, "sshd");

suite.test("the load of each machine is on the page of hosts", async ({ home, open }) => {
  await addBox(home);
  await using visitor = await open({ path: "/hosts" });
  const card = visitor.page.getByRole("article", { name: BOX });
  await card.getByText(/^\d+ % of \d+ cores?$/).waitFor();
  await card.getByText("Memory").waitFor();
}, "sshd");

suite.test("a machine that dials is added with a key that is shown once, and revoked", async ({ home, open }) => {
  await using laptop = await sessionHome('name = "laptop"\nlisten = ""\n');
  // The load of a machine that has just gone cannot be read.
  await using visitor = await open({ path: "/hosts", expected: [/status of 503/] });
  const { page } = visitor;
  await page.getByRole("button", { name: "Add a host" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: "It dials this hub" }).check();
  await dialog.getByLabel("Name").fill("laptop");
  await dialog.getByRole("button", { name: "Make a key" }).click();
  const line = await dialog.getByRole("code").innerText();
  assertStringIncludes(line, "clhk_");
  await dialog.getByText("Waiting for laptop").waitFor();
  const { code } = await runLine(laptop.path, line);
  assertEquals(code, 0);
  await dialog.getByText("laptop is connected").waitFor();
  await dialog.getByRole("button", { name: "Done" }).click();
  const card = page.getByRole("article", { name: "laptop" });
  await card.getByText("Up", { exact: true }).waitFor();
  await card.getByText("has a key").waitFor();
  assertEquals(await page.getByText("clhk_").count(), 0);
  const { mode } = await Deno.stat(`${laptop.path}/.config/claustrum/link-127.0.0.1.key`);
  assertEquals((mode ?? 0) & 0o077, 0);

  await card.getByRole("button", { name: "More about laptop" }).click();
  await page.getByRole("menuitem", { name: "Revoke key" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await card.getByText("There is no key for it").waitFor();
  await card.getByRole("button", { name: "Make a key" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make a key" }).click();
  const next = await page.getByRole("dialog").getByRole("code").innerText();
  assertStringIncludes(next, "clhk_");
  assertEquals(next === line, false);
  await home.call("hosts.remove", { host_name: "laptop" });
});

/** Types a line into a terminal on another machine. */
async function runLine(home: string, line: string): Promise<{ readonly code: number }> {
  const bin = `${home}/bin`;
  await Deno.mkdir(bin);
  const { pathname } = new URL("../../cli.ts", import.meta.url);
  const launcher = `#!/bin/sh\nexec '${Deno.execPath()}' run --quiet --no-prompt -A '${pathname}' "$@"\n`;
  await Deno.writeTextFile(`${bin}/claustrum`, launcher, { mode: 0o755 });
  const env = plainEnvironment(home);
  return await new Deno.Command("sh", {
    args: ["-c", line],
    env: { ...env, PATH: `${bin}:${env.PATH}` },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
}
