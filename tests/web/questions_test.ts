import { pathOfSession, sessionView } from "./helpers/session_view.ts";
import { webSuite } from "./helpers/suite.ts";

const suite = webSuite();

suite.test("a question is answered with a choice", async ({ home, open }) => {
  await using session = await home.start("chooses", { prompt: "ask Which colour?" });
  await using visitor = await open();
  const { page } = visitor;
  const card = page.getByRole("region", { name: "Needs you" }).getByRole("article", { name: session.name });
  await card.getByRole("radio", { name: "Blue" }).check();
  await card.getByRole("button", { name: "Answer" }).click();
  await card.waitFor({ state: "detached" });
  await visitor.go(pathOfSession(session));
  await sessionView(page).said("Blue");
});

suite.test("a question is answered in other words", async ({ home, open }) => {
  await using session = await home.start("writes", { prompt: "ask Which colour?" });
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const card = page.getByRole("region", { name: "Needs you" }).getByRole("article");
  await card.getByRole("textbox", { name: "Other answer" }).fill("a warm grey");
  await card.getByRole("button", { name: "Answer" }).click();
  await sessionView(page).said("a warm grey");
});

suite.test("a question needs an answer before Answer can be pressed", async ({ home, open }) => {
  await using session = await home.start("waits", { prompt: "ask Which colour?" });
  await using visitor = await open({ path: pathOfSession(session) });
  const card = visitor.page.getByRole("region", { name: "Needs you" }).getByRole("article");
  const button = card.getByRole("button", { name: "Answer" });
  await card.locator("button:disabled", { hasText: "Answer" }).waitFor();
  await card.getByRole("radio", { name: "Red" }).check();
  await button.click();
  await sessionView(visitor.page).said("Red");
});

suite.test("a plan is read and approved", async ({ home, open }) => {
  await using session = await home.start("plans", { prompt: "plan First tidy up, then test." });
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const card = page.getByRole("region", { name: "Needs you" }).getByRole("article");
  await card.getByText("First tidy up, then test.").waitFor();
  await card.getByRole("button", { name: "Approve" }).click();
  await sessionView(page).said("planned");
});

suite.test("a plan is sent back with Keep planning and a message", async ({ home, open }) => {
  await using session = await home.start("plans-on", { prompt: "plan Delete everything." });
  await using visitor = await open({ path: pathOfSession(session) });
  const { page } = visitor;
  const card = page.getByRole("region", { name: "Needs you" }).getByRole("article");
  await card.getByLabel("Message").fill("delete nothing");
  await card.getByRole("button", { name: "Keep planning" }).click();
  await sessionView(page).said("denied: delete nothing");
});
