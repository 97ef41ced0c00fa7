import type { JSX } from "preact";

/** How to get the agent CLI. */
export function AgentHelp(): JSX.Element {
  return (
    <div class="agent-help">
      <p>
        Sessions need the agent CLI, <code>claude</code>, on this machine:
      </p>
      <p>
        <code>npm install -g @anthropic-ai/claude-code</code>
      </p>
      <p>
        or <code>claustrum install</code>, and <code>agent.binary</code>{" "}
        in the hub’s configuration. Everything else works without it.
      </p>
    </div>
  );
}
