import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Session } from "../../../sessions/types.ts";
import { HubProblem } from "../../api/client.ts";
import type { TerminalNote } from "../../terminal/terminal.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Link } from "../controls.tsx";
import { CopyField } from "../settings/copy_field.tsx";

/** How the terminal of a session is opened. */
type Opening = { readonly kind: "opening" } | { readonly kind: "open" } | {
  readonly kind: "failed";
  readonly problem: string;
  /** Whether the agent is at work, and would have to be interrupted. */
  readonly isBusy: boolean;
};

/** The terminal program of a session; that of another host is opened over ssh, in a terminal of one's own. */
export function TerminalView({ session }: { session: Session }): JSX.Element {
  const { hosts } = useWorld();
  if (hosts.of(session) === undefined) return <OwnTerminal session={session} />;
  return (
    <section class="terminal" aria-label="Terminal">
      <div class="empty">
        <h2>The terminal is on {session.host}</h2>
        <p>It is opened over ssh, in a terminal of your own:</p>
        <CopyField
          label="Opens the terminal"
          text={`claustrum session attach ${session.name} --host ${session.host}`}
        />
        <Link to={{ page: "session", session: session.id }} class="button">Conversation</Link>
      </div>
    </section>
  );
}

/** It is taken over here, and given back when this view is left. */
function OwnTerminal({ session }: { session: Session }): JSX.Element {
  const { api, router } = useWorld();
  const opening = useSignal<Opening>({ kind: "opening" });
  const ended = useSignal<string | undefined>(undefined);
  const open = async (interrupt: boolean) => {
    opening.value = { kind: "opening" };
    ended.value = undefined;
    try {
      await api.call("session.attach", { session_name: session.id, interrupt });
      opening.value = { kind: "open" };
    } catch (error) {
      if (!(error instanceof HubProblem)) throw error;
      opening.value = { kind: "failed", problem: error.message, isBusy: error.status === 409 && !interrupt };
    }
  };
  useEffect(() => {
    void open(false);
    const onMessage = ({ origin, data }: MessageEvent<TerminalNote>) => {
      if (origin === location.origin && data.type === "closed") ended.value = data.reason || "The terminal has ended.";
    };
    addEventListener("message", onMessage);
    return () => removeEventListener("message", onMessage);
  }, [session.id]);
  const leave = async () => {
    // Somebody else may have given it back already.
    if (session.mode === "interactive") await api.call("session.detach", { session_name: session.id });
    router.go({ page: "session", session: session.id });
  };
  const { value } = opening;
  return (
    <section class="terminal" aria-label="Terminal">
      <div class="terminal-bar no-print">
        <p class="muted small">
          You have the agent's own program. Leaving gives the session back; prompts wait in the queue until then.
        </p>
        <Button icon="arrow-left" onClick={leave}>Give the session back</Button>
      </div>
      {value.kind === "failed"
        ? (
          <div class="empty">
            <h2>The terminal is not open</h2>
            <p>{value.problem}</p>
            {value.isBusy
              ? <Button kind="primary" onClick={() => open(true)}>Interrupt and open</Button>
              : <Button kind="primary" onClick={() => open(false)}>Try again</Button>}
          </div>
        )
        : value.kind === "opening"
        ? <div class="skeleton terminal-frame" aria-busy="true" />
        : (
          <iframe
            class="terminal-frame"
            title={`Terminal of ${session.name}`}
            src={router.base + `/terminal/${encodeURIComponent(session.id)}`}
          />
        )}
      {ended.value === undefined ? null : (
        <div class="terminal-ended" role="status">
          <p>{ended.value}</p>
          <Button onClick={() => open(false)}>Open again</Button>
        </div>
      )}
    </section>
  );
}
