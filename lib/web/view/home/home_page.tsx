import type { JSX } from "preact";
import { lacksAgent } from "../../state/agent_missing.ts";
import { useWorld } from "../../state/world.ts";
import { AgentMissing } from "../agent_help.tsx";
import { FirstRun } from "./first_run.tsx";
import { NeedsYou } from "./needs_you.tsx";
import { SessionList } from "./session_list.tsx";

/** What is going on everywhere: first what waits for a person, then the sessions. */
export function HomePage({ permission, host }: { permission?: string; host?: string }): JSX.Element {
  const { hosts, hub } = useWorld();
  if (!hub.hasLoaded.value) return hub.connection.value === "lost" ? <Unreachable /> : <Loading />;
  if (hub.sessions.value.size === 0) {
    return (
      <div class="page home">
        <FirstRun />
        <SessionList />
      </div>
    );
  }
  return (
    <div class="page home">
      <h1 class="hidden-text">Home</h1>
      {lacksAgent([...hub.sessions.value.values()].filter((session) => hosts.of(session) === undefined))
        ? <AgentMissing />
        : null}
      <NeedsYou revealed={permission} host={host} />
      <SessionList host={host} />
    </div>
  );
}

/** What will be there, before it is known. */
function Loading(): JSX.Element {
  return (
    <div class="page home" aria-busy="true">
      <h1 class="hidden-text">Home</h1>
      <p class="hidden-text" role="status">Loading</p>
      <div class="session-cards" aria-hidden="true">
        {Array.from({ length: 6 }, (_, i) => <div key={i} class="skeleton" />)}
      </div>
    </div>
  );
}

function Unreachable(): JSX.Element {
  return (
    <div class="page">
      <div class="empty">
        <h1>The hub cannot be reached</h1>
        <p>
          It may be stopped: <code>claustrum hub start</code>{" "}
          on its machine starts it again. Agents run on without it, and this page comes back by itself.
        </p>
      </div>
    </div>
  );
}
