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

/** Says that the agent CLI is missing, and how to get it. */
export function AgentMissing(props: { class?: string }): JSX.Element {
  return (
    <div class={props.class === undefined ? "warning-box" : `warning-box ${props.class}`}>
      <p>
        <strong>The agent CLI was not found.</strong>
      </p>
      <AgentHelp />
    </div>
  );
}
