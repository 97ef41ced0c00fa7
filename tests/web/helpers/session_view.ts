import type { Locator, Page } from "playwright-core";

/** The parts of a session's page that tests use. */
export interface SessionView {
  /** What was said. */
  readonly log: Locator;
  /** The entries of the agent in it. */
  readonly answers: Locator;
  /** Where somebody writes. */
  readonly prompt: Locator;
  /** The texts of the prompts that wait. */
  readonly queue: Locator;
  /** Writes a prompt and presses the button. */
  send(text: string): Promise<void>;
  /** Waits until the agent has said a text. */
  said(text: string | RegExp): Promise<void>;
  /** Waits until the header tells a state. */
  isShown(status: string): Promise<void>;
}

/** Returns the parts of the session's page that is shown. */
export function sessionView(page: Page): SessionView {
  const log = page.getByRole("log", { name: "Conversation" });
  const answers = log.getByRole("article", { name: "Agent", exact: true });
  const prompt = page.getByRole("textbox", { name: "Prompt", exact: true });
  return {
    log,
    answers,
    prompt,
    queue: page.getByRole("list", { name: "Queue" }).getByRole("listitem"),
    async send(text) {
      await prompt.fill(text);
      await page.getByRole("button", { name: "Send", exact: true }).click();
    },
    said: (text) => answers.filter({ hasText: text }).first().waitFor(),
    isShown: (status) => page.locator(`main header [data-status="${status}"]`).waitFor(),
  };
}

/** The path of a session's page. */
export function pathOfSession({ id }: { readonly id: string }): string {
  return `/sessions/${id}`;
}
