/**
 * Golden files: requests and the exact bytes of the replies. See testdata/golden/README.md.
 *
 * @module
 */

/** A step of a case. */
export type Step =
  | { readonly kind: "send"; readonly text: string; readonly newline: boolean }
  | { readonly kind: "until"; readonly text: string };

/** A case: the steps on one connection, and all lines that it receives. */
export interface GoldenCase {
  readonly name: string;
  /** The lines of the case in the file, without replies. */
  readonly source: readonly string[];
  readonly steps: readonly Step[];
  readonly expected: readonly string[];
}

/** Parses the cases of a golden file. */
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

/** Replaces the replies of one case in the text of its file. */
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
