import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { SessionEvent } from "../../../lib/sessions/types.ts";
import { type SessionHome, sessionHome } from "../../helpers/session_home.ts";
import { storeSession } from "./stored_session.ts";

const CHROMIUM = "/usr/bin/chromium";

/** Whether there is a browser to test with. */
export const HAS_BROWSER: boolean = isThere(CHROMIUM);

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A browser that is signed in to a hub whose agents are stand-ins. */
export interface ConversationPage extends AsyncDisposable {
  readonly home: SessionHome;
  readonly page: Page;
  readonly context: BrowserContext;
  /** The address of the hub. */
  readonly url: string;
  /** What went wrong on the page: errors, refused loads, dialogs, and requests to other hosts. */
  readonly problems: readonly string[];
  /** Opens the page of a session. */
  open(session: string, query?: string): Promise<void>;
}

/** What a conversation page begins with. */
export interface ConversationPageOptions {
  /** Sessions that are over, by name. */
  readonly stored?: Readonly<Record<string, readonly SessionEvent[]>>;
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: "light" | "dark";
}

/** Starts a hub and a browser, and signs in. */
export async function conversationPage(options: ConversationPageOptions = {}): Promise<ConversationPage> {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await sessionHome('listen = "127.0.0.1:0"\n'));
  const state = `${home.path}/.local/state/claustrum`;
  await Deno.mkdir(state, { recursive: true, mode: 0o700 });
  for (const [name, events] of Object.entries(options.stored ?? {})) {
    storeSession(`${state}/hub.db`, name, home.work, events);
  }
  const started = await home.run(["hub", "start", "--json"]);
  if (started.code !== 0) throw new Error(started.stderr);
  const { url, sign_in } = JSON.parse(started.stdout);
  const browser = await launch();
  stack.defer(() => browser.close());
  const { viewport = { width: 1280, height: 800 }, colorScheme = "light" } = options;
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  const problems = watch(page, url);
  await page.goto(sign_in);
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  const owned = stack.move();
  return {
    home,
    page,
    context,
    url,
    problems,
    async open(session, query = "") {
      await page.goto(`${url}/sessions/${session}${query}`);
      await page.getByRole("log", { name: "Conversation" }).waitFor();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function launch(): Promise<Browser> {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--js-flags=--expose-gc"];
  return chromium.launch({ executablePath: CHROMIUM, args });
}

function watch(page: Page, url: string): string[] {
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const to = request.url();
    if (!to.startsWith(`${url}/`) && !to.startsWith("data:") && !to.startsWith("blob:")) {
      problems.push(`request: ${to}`);
    }
  });
  return problems;
}
