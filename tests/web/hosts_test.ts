import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { isThere } from "../../lib/system/private_files.ts";
import { claustrum } from "../helpers/command.ts";
import { hasSsh } from "../helpers/ssh_server.ts";
import { addBox, BOX, cutLine, type FarMachine, farMachine, startThere } from "./helpers/far_machine.ts";
import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { host, showHosts } from "./helpers/shown_hosts.ts";
import { webSuite } from "./helpers/suite.ts";
import type { WebHome } from "./helpers/web_home.ts";
import { waitFor } from "../helpers/wait.ts";

let machine: FarMachine | undefined;
const suite = webSuite({
  async surroundings(stack) {
    if (!hasSsh()) return {};
    machine = await farMachine(stack);
    return machine.env;
  },
});

/** The machine, which is there where the tests run. */
function theMachine(): FarMachine {
  if (machine === undefined) throw new Error("the machine was not prepared");
  return machine;
}

/** Has the hub show no other machine. */
async function removeAll({ call }: WebHome): Promise<void> {
  for (const { name } of await call("hosts.list", {})) await call("hosts.remove", { host_name: name });
}

function needsYou(page: Page) {
  return page.getByRole("region", { name: "Needs you" });
}

const test: typeof suite.test = (name, run) => suite.test(name, run, "sshd");

test("without another host, nothing but their own page mentions hosts", async ({ home, open }) => {
  await removeAll(home);
  await using session = await home.start("alone");
  await using visitor = await open();
  const { page } = visitor;
  await page.getByRole("main").getByRole("link", { name: session.name }).waitFor();
  assertEquals(await page.getByRole("combobox", { name: "Host" }).count(), 0);
  await page.getByRole("button", { name: "New session" }).click();
  await page.getByRole("dialog").getByLabel("Path").waitFor();
  assertEquals(await page.getByRole("dialog").getByRole("combobox", { name: "Host" }).count(), 0);
  await visitor.go("/hosts");
  await page.getByRole("heading", { name: "Your other machines on this page" }).waitFor();
});

test("a host of the ssh configuration is added, and removed again", async ({ home, open }) => {
  await removeAll(home);
  await Deno.mkdir(`${home.path}/.ssh`, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(`${home.path}/.ssh/config`, `Host ${BOX} *.example.org\n`);
  // The page may be asking the host for something when it is removed.
  const expected = [/503 \(Service Unavailable\)/];
  await using visitor = await open({ path: "/hosts", expected });
  const { page } = visitor;
  await page.getByRole("button", { name: BOX }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Add" }).click();
  const card = page.getByRole("article", { name: BOX });
  await card.getByText("Up", { exact: true }).waitFor();
  await card.getByRole("button", { name: `More about ${BOX}` }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("heading", { name: "Your other machines on this page" }).waitFor();
  assertEquals(await home.call("hosts.list", {}), []);
});

test("a permission of a session on another machine is answered on a phone", async ({ home, open }) => {
  await addBox(home);
  const { far } = theMachine();
  await using session = await startThere(home, far, "far-away", "tool Bash touch answered");
  await using phone = await open({ size: "phone" });
  const card = needsYou(phone.page).getByRole("article", { name: session.name });
  await card.getByText(`on ${BOX}`).waitFor();
  await card.getByRole("group", { name: "Command" }).getByText("touch answered").waitFor();
  await card.getByRole("button", { name: "Allow", exact: true }).tap();
  await card.waitFor({ state: "detached" });
  await session.whenStatus("idle");
  assert(await isThere(`${session.path}/answered`));
});

test("a permission that is asked on another machine while somebody looks appears at once", async ({ home, open }) => {
  await addBox(home);
  await using session = await startThere(home, theMachine().far, "asks-later");
  await using visitor = await open();
  const { page } = visitor;
  await page.getByRole("main").getByRole("link", { name: session.name }).waitFor();
  await session.send("tool Bash touch later");
  await needsYou(page).getByRole("article", { name: session.name }).getByRole("button", { name: "Deny" }).waitFor();
});

test("a session is started on another machine, and its conversation streams", async ({ home, open }) => {
  await addBox(home);
  const { far } = theMachine();
  const path = `${far.home}/started`;
  await Deno.mkdir(path);
  await using visitor = await open({ expected: [/status of 403/] });
  const { page } = visitor;
  await page.getByRole("button", { name: "New session" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "Host" }).selectOption(BOX);
  await dialog.getByLabel("Path").fill(path);
  await dialog.getByLabel("Prompt").fill("say hello from the other side");
  await dialog.getByRole("button", { name: "Start" }).click();
  await dialog.getByText(`${BOX}:${path}`).waitFor();
  await dialog.getByRole("button", { name: "Trust" }).click();
  await sessionView(page).said("hello from the other side");
  await page.getByRole("banner").or(page.locator(".session-header")).getByText(`on ${BOX}`).waitFor();
  const [started] = await home.call("sessions.list", { path });
  await home.call("session.kill", { session_name: started!.id });
  await home.call("session.remove", { session_name: started!.id });
});

test("the filter shows the sessions of one host", async ({ home, open }) => {
  await addBox(home);
  await using own = await home.start("stays-here");
  await using far = await startThere(home, theMachine().far, "over-there");
  await using visitor = await open();
  const { page } = visitor;
  const card = (name: string) => page.getByRole("main").getByRole("link", { name });
  await card(own.name).waitFor();
  await card(far.name).waitFor();
  await page.getByRole("combobox", { name: "Host" }).selectOption(BOX);
  await card(own.name).waitFor({ state: "detached" });
  assertEquals(await card(far.name).count(), 1);
  assertEquals(new URL(page.url()).search, `?host=${BOX}`);
});

test("a host that is away stays visible, and its permissions cannot be answered until it is back", async ({ home, open }) => {
  await addBox(home);
  const { far } = theMachine();
  await using session = await startThere(home, far, "left-alone", "tool Bash touch unanswered");
  await session.whenAsked();
  await using visitor = await open({ expected: [/status of 503/] });
  const { page } = visitor;
  const card = needsYou(page).getByRole("article", { name: session.name });
  await card.getByRole("button", { name: "Allow", exact: true }).waitFor();
  await Deno.rename(`${far.home}/.local/bin/claustrum`, `${far.home}/.local/bin/away`);
  await cutLine(home);
  await card.getByText("cannot be reached now").waitFor();
  assertEquals(await card.getByRole("button").count(), 0);
  await page.getByRole("main").getByRole("link", { name: session.name }).getByText("Away").waitFor();
  await visitor.go(pathOfSession(session));
  await page.getByRole("status").getByText("You see what was known then").waitFor();
  await Deno.rename(`${far.home}/.local/bin/away`, `${far.home}/.local/bin/claustrum`);
  await waitFor("the host to be up", async () => {
    return (await home.call("hosts.retry", { host_name: BOX })).state === "up";
  });
  await needsYou(page).getByRole("button", { name: "Allow", exact: true }).click();
  await session.whenStatus("idle");
  assert(await isThere(`${session.path}/unanswered`));
});

test("a key that is unknown is accepted with its fingerprint in view, and one that has changed never is", async ({ open }) => {
  await using visitor = await open({ path: "/hosts" });
  const { page } = visitor;
  await showHosts(page);
  await page.reload();
  const gate = page.getByRole("article", { name: "gate" });
  await gate.getByText("SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE").waitFor();
  const accepted = Promise.withResolvers<unknown>();
  await page.route(/\/api\/hosts\/gate\/accept-key$/, async (route) => {
    accepted.resolve(route.request().postDataJSON());
    await route.fulfill({ json: host("gate") });
  });
  await gate.getByRole("button", { name: "Accept this key" }).click();
  assertEquals(await accepted.promise, { fingerprint: "SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE" });
  await gate.getByText("Up", { exact: true }).waitFor();
  const changed = page.getByRole("article", { name: "old" });
  await changed.getByText("The key of the machine has changed").waitFor();
  assertEquals(await changed.getByRole("button", { name: "Accept this key" }).count(), 0);
});

test("claustrum is installed on a host where it is missing, with its progress in view", async ({ open }) => {
  await using visitor = await open({ path: "/hosts" });
  const { page } = visitor;
  await showHosts(page);
  await page.reload();
  await page.getByRole("article", { name: "bench" }).getByRole("status").getByText("18 MB of 42 MB").waitFor();
  await page.route(/\/api\/hosts\/fresh\/install$/, (route) => route.fulfill({ json: host("fresh") }));
  const fresh = page.getByRole("article", { name: "fresh" });
  await fresh.getByRole("button", { name: "Install" }).click();
  await fresh.getByText("Up", { exact: true }).waitFor();
});

test("what a session on another machine said while this hub was away is there when it is back", async ({ home, open }) => {
  await addBox(home);
  const { far } = theMachine();
  await using session = await startThere(home, far, "goes-on");
  await using visitor = await open({
    path: pathOfSession(session),
    expected: [/ERR_CONNECTION_REFUSED|status of 50[23]/],
  });
  const { page } = visitor;
  await page.getByText("Nothing was said yet").waitFor();
  await home.killHub();
  await page.getByText("Connection lost").waitFor();
  const { code } = await claustrum(far.home, ["session", "send", session.id, "say meanwhile"]);
  assertEquals(code, 0);
  await home.startHub();
  await sessionView(page).said("meanwhile");
});

test("the filter shows remote control of one host, too", async ({ open }) => {
  await using visitor = await open({ path: "/?host=box" });
  const { page } = visitor;
  await showHosts(page);
  await page.reload();
  await page.getByRole("region", { name: "Remote control" }).getByText("reports at night").waitFor();
});
