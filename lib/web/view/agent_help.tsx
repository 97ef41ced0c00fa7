import type { JSX } from "preact";

/** How to get the agent CLI. */
export function AgentHelp(): JSX.Element {
  return (
    <p class="agent-help">
      Sessions need the agent CLI, <code>claude</code>, on this machine. Get it with{" "}
      <code>npm install --global @anthropic-ai/claude-code</code> or{" "}
      <code>claustrum install</code>; everything else works without it.
    </p>
  );
}
