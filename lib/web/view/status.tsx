import type { JSX } from "preact";
import type { Session } from "../../sessions/types.ts";

/** What a session's state is called. */
const NAMES: Readonly<Record<Session["status"] | "interactive", string>> = {
  starting: "Starting",
  idle: "Idle",
  active: "Working",
  waiting_permission: "Needs you",
  stopped: "Stopped",
  error: "Error",
  interactive: "In a terminal",
};

/** The state of a session as it is shown: in a terminal, a person has it. */
export function shownStatus({ mode, status }: Pick<Session, "mode" | "status">): keyof typeof NAMES {
  return mode === "interactive" && status !== "stopped" && status !== "error" ? "interactive" : status;
}

/** The state of a session in a word, with a coloured dot. While its host cannot be reached, nobody knows it. */
export function Status({ session, isAway = false }: {
  session: Pick<Session, "mode" | "status">;
  isAway?: boolean;
}): JSX.Element {
  const status = shownStatus(session);
  if (isAway) {
    return (
      <span class="status" data-status="away" title={`Last known: ${NAMES[status]}`}>
        <span class="dot" aria-hidden="true" />
        Away
      </span>
    );
  }
  return (
    <span class="status" data-status={status}>
      <span class="dot" aria-hidden="true" />
      {NAMES[status]}
    </span>
  );
}
