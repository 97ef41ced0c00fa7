import type { Page } from "playwright-core";

/** What differs between runs, and what stands for it. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/\/tmp\/cl-[0-9a-f]+/g, "/home"],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UUID"],
  [/\b127\.0\.0\.1:\d+/g, "127.0.0.1:PORT"],
  [/\bjust now\b|\byesterday\b|\b\d+\S* ago\b/g, "WHEN"],
  [/\bprocess \d+\b/g, "process PID"],
  [/\b\d+(?:\.\d+)? %/g, "SHARE"],
  [/\b\d+(?:\.\d+)? (?:B|KB|MB|GB)(?:\/s)?(?=\W|$)/gm, "SIZE"],
  [/\b\d\d:\d\d(?::\d\d)?\b/g, "TIME"],
  [/\b\d+(?:\.\d+)? (?:ms|s|min|h)\b(?: \d+ (?:s|min)\b)?/g, "DURATION"],
  [/\b[\d.]+k? in · [\d.]+k? out · <?\$[\d.]+/g, "USAGE"],
  [/<?\$\d+(?:\.\d+)?/g, "COST"],
  [/\bclaustrum \d+\.\d+\.\S+/g, "claustrum VERSION"],
  [/(?<=term: (?:Hub|Process|Version|Sessions)\n\s+- definition: ).*/g, "…"],
  [/(?<=term: Daemon\n\s+- definition: runs, ).*/g, "…"],
  // The operations that there are.
  [/(?<=- combobox "(?:Operation|Person)":\n)(?:\s+- option .*\n)+/g, ""],
];

/** Returns what assistive technology sees of a page, without what differs between runs. */
export async function treeOf(page: Page): Promise<string> {
  const dialog = page.getByRole("dialog");
  const tree = await (await dialog.count() > 0 ? dialog : page.locator("body")).ariaSnapshot();
  return VOLATILE.reduce((text, [pattern, name]) => text.replace(pattern, name), `${tree}\n`);
}

/** Where the tree of a page is stored. */
export function treeFile(name: string): URL {
  return new URL(`../../../testdata/web/${name}.yml`, import.meta.url);
}
