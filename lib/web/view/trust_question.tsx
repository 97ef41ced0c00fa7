import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { VisibleText } from "./visible_text.tsx";

/** Asks whether a directory is trusted, and says what that means. */
export function TrustQuestion({ path, host = "", isBusy, onTrust, onBack }: {
  path: string;
  /** The name of the host; empty for the hub itself. */
  host?: string;
  isBusy: boolean;
  onTrust: () => void;
  onBack: () => void;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div class="form trust" ref={box} tabIndex={-1} role="group" aria-labelledby="trust-title">
      <p id="trust-title" class="trust-title">
        <Icon name="shield-alert" size={20} /> Do you trust this directory?
      </p>
      <p class="mono trust-path">
        <VisibleText text={host === "" ? path : `${host}:${path}`} />
      </p>
      <p>
        As soon as a session starts, the agent runs what the directory itself contains, before it asks anybody: hooks,
        settings and MCP servers in <code>.claude</code> and{" "}
        <code>.mcp.json</code>. They run with your rights on the machine.
      </p>
      <p class="muted">Trust it only if you know where its files come from. You are asked once for each directory.</p>
      <div class="buttons end">
        <button type="button" class="button" onClick={onBack}>Back</button>
        <button
          type="button"
          class="button primary"
          aria-busy={isBusy || undefined}
          onClick={() => {
            if (!isBusy) onTrust();
          }}
        >
          Trust
        </button>
      </div>
    </div>
  );
}
