/**
 * Golden files: what is sent, and the exact bytes that come back. See testdata/golden/README.md.
 *
 * @module
 */

/** One thing that a case does. */
export type Step =
  | { readonly kind: "send"; readonly text: string; readonly newline: boolean }
  | { readonly kind: "until"; readonly text: string };

/** One connection: what is done, and all lines that come back. */
export interface GoldenCase {
  readonly name: string;
  /** The lines of the case as they stand in the file, replies left out. */
  readonly source: readonly string[];
  readonly steps: readonly Step[];
  readonly expected: readonly string[];
}

/** Reads the cases of a golden file. */
export function parseGolden(text: string): GoldenCase[] {
  const cases: { name: string; source: string[]; steps: Step[]; expected: string[] }[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("== ")) cases.push({ name: line.slice(3), source: [], steps: [], expected: [] });
    const current = cases.at(-1);
    if (line === "" || line.startsWith("#") || current === undefined || line.startsWith("== ")) continue;
    if (line.startsWith("< ")) {
      current.expected.push(line.slice(2));
      continue;
    }
    current.source.push(line);
    current.steps.push(parseStep(line));
  }
  return cases;
}

function parseStep(line: string): Step {
  if (line.startsWith("> ")) return { kind: "send", text: line.slice(2), newline: true };
  if (line.startsWith(">|")) return { kind: "send", text: line.slice(2), newline: false };
  if (line.startsWith("~ ")) return { kind: "until", text: line.slice(2) };
  throw new SyntaxError(`Cannot read golden file: "${line}"`);
}

/** Writes the replies of one case into the text of its file, in the place of those that stand there. */
export function replaceExpected(text: string, name: string, replies: readonly string[]): string {
  const lines = text.split("\n");
  const start = lines.indexOf(`== ${name}`) + 1;
  const next = lines.findIndex((line, i) => i >= start && line.startsWith("== "));
  const end = next < 0 ? lines.length : next;
  const body = lines.slice(start, end).filter((line) => !line.startsWith("< "));
  const last = body.findLastIndex((line) => line !== "" && !line.startsWith("#")) + 1;
  body.splice(last, 0, ...replies.map((reply) => `< ${reply}`));
  return [...lines.slice(0, start), ...body, ...lines.slice(end)].join("\n");
}
