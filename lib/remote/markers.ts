/**
 * What the agent CLI says of remote control in its debug file: the texts by which we know what it does. A CLI that says it
 * otherwise is a changed line here.
 *
 * @module
 */

/** What a line of the debug file or of the error output says. */
export type Finding =
  /** The server asks for work from now on. */
  | { readonly kind: "poll_loop" }
  /** The environment at the other end has an id. */
  | { readonly kind: "environment"; readonly id: string }
  /** The bridge has been set up. */
  | { readonly kind: "bridge"; readonly id: string }
  /** A session at the other end has an id. */
  | { readonly kind: "session"; readonly id: string }
  /** It shuts down as it should. */
  | { readonly kind: "shutdown" }
  /** It cannot work; the text says why. */
  | { readonly kind: "failure"; readonly text: string };

/** A text that says something. */
export interface Marker {
  /** What it says. */
  readonly kind: Finding["kind"];
  /** Matches it in a line; the first group is the id, if there is one. */
  readonly pattern: RegExp;
  /** The sentence for people, of a failure. */
  readonly text?: string;
}

/**
 * All markers. Several may stand in one line. Other lines, with `[bridge:work]` or not, mean nothing.
 *
 * Agents and repositories have lines of their own in the log, of up to 64 KiB. A pattern must not take a time that grows
 * with the square of that, so that those for two texts in one line begin with all that is not the first text.
 */
export const MARKERS: readonly Marker[] = [
  { kind: "poll_loop", pattern: /\[bridge:work\] Starting poll loop\b/ },
  { kind: "environment", pattern: /^(?:(?!\[bridge:\w+\]).)*\[bridge:\w+\].*?\benvironmentId=(env_[\w-]+)/ },
  { kind: "bridge", pattern: /^(?:(?!\[bridge:init\]).)*\[bridge:init\].*?\bbridgeId=([\w-]+)/ },
  { kind: "session", pattern: /\bCreated initial session (session_[\w-]+)/ },
  // In a terminal the program shows the link, and writes it to the file.
  { kind: "session", pattern: /https:\/\/claude\.ai\/code\/(session_[\w-]+)/ },
  { kind: "environment", pattern: /https:\/\/claude\.ai\/code\?environment=(env_[\w-]+)/ },
  { kind: "shutdown", pattern: /\[bridge:shutdown\]/ },
  {
    kind: "failure",
    pattern: /Workspace not trusted/,
    text: "Workspace not trusted: trust the project, and start it again",
  },
  {
    kind: "failure",
    pattern: /You must be logged in/,
    text: "You must be logged in to use Remote Control: run `claude auth login`, and start it again",
  },
];

/** Every line that matters has one of these words; most lines have none. */
const HINT = /bridge:|session_|claude\.ai\/code|not trusted|logged in/;

/** Returns what lines say, in their order. */
export function findMarkers(lines: string): Finding[] {
  if (!HINT.test(lines)) return [];
  return lines.split("\n").filter((line) => HINT.test(line)).flatMap((line) =>
    MARKERS.flatMap((marker) => toFinding(marker, marker.pattern.exec(line)))
  );
}

function toFinding({ kind, text = "" }: Marker, match: RegExpExecArray | null): Finding[] {
  if (match === null) return [];
  const [, id = ""] = match;
  switch (kind) {
    case "poll_loop":
    case "shutdown":
      return [{ kind }];
    case "failure":
      return [{ kind, text }];
    case "environment":
    case "bridge":
    case "session":
      return [{ kind, id }];
  }
}
