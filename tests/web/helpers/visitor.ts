import type { Browser, BrowserContext, Page } from "playwright-core";
import type { SignedIn } from "./sign_in.ts";

/** What somebody looks at the page with. */
export type Size = "desk" | "phone";

/** Both sizes. */
export const SIZES: readonly Size[] = ["desk", "phone"];
/** Both themes. */
export const THEMES = ["light", "dark"] as const;

const DEVICES = {
  desk: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
} as const;
/** How long anything on the page may take, in milliseconds. */
const PATIENCE_MS = 20_000;

/** How somebody visits the page. */
export interface VisitOptions {
  /** @default {"desk"} */
  readonly size?: Size;
  /** @default {"light"} */
  readonly theme?: (typeof THEMES)[number];
  /** The sign-in; absent for a browser that was never here. */
  readonly signedIn?: SignedIn | undefined;
  /** The path to begin with. @default {"/"} */
  readonly path?: string;
  /** Errors that the browser will log and that are right. */
  readonly expected?: readonly RegExp[];
  /** Other properties of the browser. */
  readonly context?: Readonly<Record<string, unknown>>;
}

/** A browser of its own, with the page open in it. */
export interface Visitor extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of the page that are right from now on. */
  expect(...errors: readonly RegExp[]): void;
  /** Opens another path of the hub. */
  go(path: string): Promise<void>;
  /** Opens another tab. */
  tab(path: string): Promise<Page>;
}

/**
 * Opens the page.
 *
 * @param url The hub's address.
 * @param onProblem Called when the page logs an error, breaks its policy, or asks another machine.
 */
export async function visit(
  browser: Browser,
  url: string,
  options: VisitOptions,
  onProblem: (problem: string) => void,
): Promise<Visitor> {
  const { size = "desk", theme = "light", signedIn, path = "/", expected = [], context: more = {} } = options;
  const context = await browser.newContext({
    ...DEVICES[size],
    colorScheme: theme,
    // Nothing has to wait for an animation.
    reducedMotion: "reduce",
    // What it keeps would outlive a page that the test opens anew.
    serviceWorkers: "block",
    locale: "en-GB",
    timezoneId: "UTC",
    ...(signedIn === undefined ? {} : { storageState: signedIn }),
    ...more,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const right = [...expected];
  const note = (problem: string) => {
    if (!right.some((each) => each.test(problem))) onProblem(problem);
  };
  context.on("console", (message) => {
    if (message.type() === "error") note(message.text());
  });
  context.on("weberror", (error) => note(String(error.error())));
  context.on("request", (request) => {
    if (isForeign(request.url(), url)) note(`the page asked ${request.url()}`);
  });
  const tab = async (at: string) => {
    const page = await context.newPage();
    await page.goto(url + at);
    return page;
  };
  const page = await tab(path);
  return {
    context,
    page,
    tab,
    expect: (...errors) => void right.push(...errors),
    go: async (at) => void await page.goto(url + at),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

function isForeign(address: string, hub: string): boolean {
  return /^(https?|wss?):/.test(address) && new URL(address).host !== new URL(hub).host;
}
