import { assertEquals } from "@std/assert";
import type { BrowserContext, CDPSession, Page } from "playwright-core";
import type { PushBrowser } from "../helpers/push_browser.ts";
import { pushService } from "../helpers/push_service.ts";
import { soon, waitFor } from "../helpers/wait.ts";
import { webSuite } from "./helpers/suite.ts";

const service = pushService();
const suite = webSuite({
  config: `push = { enabled = true, contact = "mailto:me@example.org", hosts = ["${service.host}"] }\n`,
});
const off = webSuite();
Deno.test.afterAll(async () => await service[Symbol.asyncDispose]());

const PATH = "/settings/notifications";
const NAME = "Notify this device when no tab is open";
/** The tests need the service worker, which others do without. */
const GRANTED = { permissions: ["notifications"], serviceWorkers: "allow" };

/**
 * Lets the browser subscribe at the push service of the test: its own one is on the internet, and there is none at all in
 * a window that keeps nothing. What was subscribed lasts as long as the browser's other storage.
 */
async function usePushService(context: BrowserContext, { subscription }: PushBrowser): Promise<void> {
  await context.addInitScript((given) => {
    const key = "test.subscribed_with";
    const current = () => {
      const bytes = localStorage.getItem(key);
      if (bytes === null) return null;
      return {
        options: { applicationServerKey: Uint8Array.from(bytes.split(","), Number).buffer },
        toJSON: () => ({ ...given, expirationTime: null }),
        unsubscribe: () => Promise.resolve(localStorage.removeItem(key)),
      };
    };
    const subscribe = ({ applicationServerKey }: { applicationServerKey: Uint8Array }) => {
      localStorage.setItem(key, applicationServerKey.join());
      return Promise.resolve(current());
    };
    Object.assign(PushManager.prototype, { subscribe, getSubscription: () => Promise.resolve(current()) });
  }, subscription);
}

/** Returns what delivers a message to the service worker of a page, as the browser does. */
async function deliverer(context: BrowserContext, page: Page): Promise<(message: unknown) => Promise<void>> {
  const session: CDPSession = await context.newCDPSession(page);
  const { promise, resolve } = Promise.withResolvers<string>();
  session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations: [first] }) => {
    if (first !== undefined) resolve(first.registrationId);
  });
  await session.send("ServiceWorker.enable");
  const registrationId = await soon("the service worker", promise);
  const { origin } = new URL(page.url());
  return async (message) => {
    await session.send("ServiceWorker.deliverPushMessage", { origin, registrationId, data: JSON.stringify(message) });
  };
}

/** Returns the notifications that are shown. */
function shown(context: BrowserContext): Promise<{ title: string; body: string; tag: string; href: string }[]> {
  return context.serviceWorkers()[0]!.evaluate(async () => {
    const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration };
    const all = await registration.getNotifications();
    return all.map(({ title, body, tag, data }) => ({ title, body, tag, href: data.href }));
  });
}

const isOn = (page: Page) => page.getByRole("switch", { name: NAME, checked: true }).waitFor();
const isOff = (page: Page) => page.getByRole("switch", { name: NAME, checked: false, disabled: false }).waitFor();

suite.test("a device that is switched on is told when a session needs somebody", async ({ home, open }) => {
  await using visitor = await open({ context: GRANTED });
  const { context, page } = visitor;
  const device = await service.browser("phone");
  await usePushService(context, device);
  await visitor.go(PATH);
  await isOff(page);
  await page.getByRole("switch", { name: NAME }).click();
  await isOn(page);

  const count = service.requests.length;
  await using session = await home.start("asker");
  await session.send("tool Write hidden.txt hush");
  const { id } = await session.whenAsked();
  const { message } = await service.received(count + 1);

  const deliver = await deliverer(context, page);
  await page.goto("about:blank");
  await deliver(message);
  await waitFor("the notification", async () => (await shown(context)).length > 0);
  assertEquals(await shown(context), [{
    title: "A session needs you",
    body: `on 127.0.0.1:${home.port}`,
    tag: `permission:${id}`,
    href: `/permissions/${id}`,
  }]);
});

suite.test("a message that comes while the page is looked at makes no noise, and does not stay", async ({ open }) => {
  await using visitor = await open({ context: GRANTED });
  const { context, page } = visitor;
  await page.waitForFunction(() => navigator.serviceWorker.ready);
  const worker = context.serviceWorkers()[0]!;
  await worker.evaluate(() => {
    const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration };
    const show = registration.showNotification.bind(registration);
    const silent: unknown[] = [];
    const showNotification = (title: string, options: NotificationOptions) => {
      silent.push(options.silent);
      return show(title, options);
    };
    Object.assign(registration, { showNotification });
    Object.assign(globalThis, { silent });
  });
  const silent = () => worker.evaluate(() => (globalThis as unknown as { silent: unknown[] }).silent);
  await (await deliverer(context, page))({ kind: "failed", session: "s", path: "/sessions/s" });
  await waitFor("the notification", async () => (await silent()).length > 0);
  await waitFor("its end", async () => (await shown(context)).length === 0);
  assertEquals(await silent(), [true]);
});

suite.test("the switch says whether this browser is told, also after a reload and a new sign-in", async ({ home, openSignedOut }) => {
  await using visitor = await openSignedOut({ context: GRANTED });
  const { context, page } = visitor;
  const signIn = async () => {
    await page.goto(await home.link());
    await page.getByRole("navigation", { name: "Main" }).waitFor();
    await visitor.go(PATH);
  };
  await usePushService(context, await service.browser("tablet"));
  await signIn();
  const toggle = page.getByRole("switch", { name: NAME });
  await toggle.click();
  await isOn(page);
  await toggle.click();
  await isOff(page);
  await toggle.click();
  await isOn(page);
  await page.reload();
  await isOn(page);
  await context.clearCookies();
  await signIn();
  // The browser is still subscribed, so that the new sign-in is told.
  await isOn(page);
  await page.evaluate(() => localStorage.removeItem("test.subscribed_with"));
  await page.reload();
  await isOff(page);
});

suite.test("signing out ends the subscription in the browser, too", async ({ home, openSignedOut }) => {
  await using visitor = await openSignedOut({ context: GRANTED });
  const { context, page } = visitor;
  await usePushService(context, await service.browser("laptop"));
  await page.goto(await home.link());
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  await visitor.go(PATH);
  await page.getByRole("switch", { name: NAME }).click();
  await isOn(page);
  await visitor.go("/settings/sign-ins");
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.waitForFunction(() => localStorage.getItem("test.subscribed_with") === null);
});

suite.test("a browser without Web Push says what is needed", async ({ open }) => {
  await using visitor = await open({ context: GRANTED });
  await visitor.context.addInitScript(() => Reflect.deleteProperty(globalThis, "PushManager"));
  await visitor.go(PATH);
  const { page } = visitor;
  await page.getByRole("switch", { name: NAME, disabled: true }).waitFor();
  await page.getByText(/^This needs https, or the machine itself \(localhost\)/).waitFor();
});

suite.test("a browser that cannot reach its push service says so", async ({ open }) => {
  await using visitor = await open({ context: GRANTED, path: PATH, expected: [/Push API in incognito mode/] });
  const { page } = visitor;
  await page.getByRole("switch", { name: NAME }).click();
  await page.getByText(/The browser has no connection to its push service/).waitFor();
  await isOff(page);
});

off.test("a hub without Web Push says how to turn it on", async ({ open }) => {
  await using visitor = await open({ context: GRANTED, path: PATH });
  const { page } = visitor;
  await page.getByRole("switch", { name: NAME, disabled: true }).waitFor();
  await page.getByText(/set push\.enabled = true and push\.contact/).waitFor();
});
