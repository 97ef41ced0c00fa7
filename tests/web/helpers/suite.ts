import { assertEquals } from "@std/assert";
import type { Browser } from "playwright-core";
import type { SessionEvent } from "../../../lib/sessions/types.ts";
import { findProgram, needing } from "../../helpers/program.ts";
import { CHROMIUM, launchBrowser } from "./chromium.ts";
import { playScene, type Scene, SCENE_CONFIG } from "./scene.ts";
import { type SignedIn, signIn } from "./sign_in.ts";
import { visit, type VisitOptions, type Visitor } from "./visitor.ts";
import { type WebHome, webHome } from "./web_home.ts";

/** What the tests of a file share. */
export interface WebSuite {
  /**
   * Defines a test; without a browser it is skipped.
   *
   * @param program Another program that it needs.
   */
  test(name: string, run: (parts: WebParts) => Promise<void>, program?: string): void;
}

/** What a test gets. */
export interface WebParts {
  readonly browser: Browser;
  /** A hub, which all tests of the file use: each has sessions of its own. */
  readonly home: WebHome;
  /** Sessions in every state, which all tests of the file share. */
  scene(): Promise<Scene>;
  /** Opens the page in a browser that is signed in. */
  open(options?: VisitOptions): Promise<Visitor>;
  /** Opens the page in a browser that was never here. */
  openSignedOut(options?: VisitOptions): Promise<Visitor>;
}

/** What a browser logs when it learns that it is not signed in. */
export const UNAUTHORIZED = /^Failed to load resource: the server responded with a status of 401/;

/** Options of {@linkcode webSuite}. */
export interface WebSuiteOptions {
  /** More of `hub.toml`. */
  readonly config?: string;
  /** More flags of the browser. */
  readonly flags?: readonly string[];
  /** Sessions that are over, by name: their events. */
  readonly stored?: Readonly<Record<string, readonly SessionEvent[]>>;
  /** Prepares what is around the hub, and returns environment variables for it. */
  readonly surroundings?: (stack: AsyncDisposableStack) => Promise<Readonly<Record<string, string>>>;
}

/** Launches a browser and a hub for the tests of a file. */
export function webSuite({ config = "", flags, stored, surroundings }: WebSuiteOptions = {}): WebSuite {
  const { ignore: isSkipped } = needing("", CHROMIUM !== undefined, "chromium");
  let parts: WebParts | undefined;
  let stack: AsyncDisposableStack | undefined;
  const problems: string[] = [];
  Deno.test.beforeAll(async () => {
    if (isSkipped) return;
    await using starting = new AsyncDisposableStack();
    const env = await surroundings?.(starting);
    const [home, browser] = await Promise.all([
      webHome(SCENE_CONFIG + config, stored, true, env),
      launchBrowser(flags),
    ]);
    starting.use(home);
    starting.defer(() => browser.close());
    parts = webParts(browser, home, await signIn(home), (problem) => void problems.push(problem));
    stack = starting.move();
  });
  Deno.test.afterAll(async () => await stack?.disposeAsync());
  return {
    test(name, run, program) {
      const isMissing = program !== undefined && findProgram(program) === undefined;
      Deno.test({
        ...(isMissing ? needing(name, false, program) : needing(name, CHROMIUM !== undefined, "chromium")),
        async fn() {
          if (parts === undefined) throw new Error("the hub and the browser did not start");
          problems.length = 0;
          await run(parts);
          assertEquals(problems, [], "the browser has logged errors");
        },
      });
    },
  };
}

/**
 * Returns what a test gets.
 *
 * @param onProblem Called when a page logs an error, breaks its policy, or asks another machine.
 */
export function webParts(
  browser: Browser,
  home: WebHome,
  signedIn: SignedIn,
  onProblem: (problem: string) => void,
): WebParts {
  let scene: Promise<Scene> | undefined;
  return {
    browser,
    home,
    // The hub ends the sessions when it is stopped.
    scene: () => scene ??= playScene(home),
    open: (options) => visit(browser, home.url, { signedIn, ...options }, onProblem),
    openSignedOut: (options = {}) =>
      visit(browser, home.url, { ...options, expected: [UNAUTHORIZED, ...options.expected ?? []] }, onProblem),
  };
}
