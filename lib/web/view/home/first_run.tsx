import type { JSX } from "preact";
import { openNewSession } from "../../state/dialogs.ts";
import { useWorld } from "../../state/world.ts";
import { AgentMissing } from "../agent_help.tsx";
import { Button } from "../controls.tsx";
import { useLoaded } from "../use_loaded.ts";

/** What Home shows before there is any session: how to start one, and how to get the agent CLI if it is missing. */
export function FirstRun(): JSX.Element {
  const { api } = useWorld();
  const checks = useLoaded(() => api.call("doctor.get", {}));
  const lacksAgent = checks.value?.some(({ name, status }) => name === "agent" && status === "error") ?? false;
  return (
    <div class="empty first-run">
      <h1>No sessions yet</h1>
      <p>A session is an agent at work in a directory. It goes on when you close this page.</p>
      {lacksAgent ? <AgentMissing class="first-run-help" /> : null}
      <Button kind="primary" icon="plus" onClick={() => openNewSession()}>Start a session</Button>
      <p class="small">
        or in a terminal: <code>claustrum session start ~/src/project</code>
      </p>
    </div>
  );
}
