import type { JSX } from "preact";
import { openNewSession } from "../../state/dialogs.ts";
import { AgentHelp } from "../agent_help.tsx";
import { Button } from "../controls.tsx";

/** What Home shows before there is any session: how to start one. */
export function FirstRun(): JSX.Element {
  return (
    <div class="page home">
      <div class="empty first-run">
        <h1>No sessions yet</h1>
        <p>A session is an agent at work in a directory. It goes on when you close this page.</p>
        <Button kind="primary" icon="plus" onClick={openNewSession}>Start a session</Button>
        <p class="small">
          or in a terminal: <code>claustrum session start ~/src/project</code>
        </p>
        <div class="first-run-help small">
          <AgentHelp />
        </div>
      </div>
    </div>
  );
}
