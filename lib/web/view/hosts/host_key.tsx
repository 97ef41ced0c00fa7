import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { linkCommand, linkUrl, linkWarning } from "../../state/link_text.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Dialog } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { ConfirmDialog } from "../session/session_dialogs.tsx";
import { CopyField } from "../settings/copy_field.tsx";

/** A key that was made just now. */
export interface MadeKey {
  /** The name of the host. */
  readonly name: string;
  readonly key: string;
}

/** Shows a key this once, with the line to type on the host, and tells when the host has connected. */
export function HostKey({ made: { name, key }, onDone }: { made: MadeKey; onDone: () => void }): JSX.Element {
  const { hosts, router } = useWorld();
  const url = linkUrl(location, router.base);
  const warning = linkWarning(location);
  const isUp = hosts.of({ host: name })?.state === "up";
  return (
    <div class="form host-key">
      <p>
        On <strong>{name}</strong>, where claustrum is installed, paste this line into a terminal:
      </p>
      <div class="host-line">
        <code class="mono">{linkCommand(key, url)}</code>
        <CopyLine text={linkCommand(key, url)} />
      </div>
      {warning === undefined ? null : <p class="warning-box small">{warning}</p>}
      <details class="more">
        <summary>The key alone</summary>
        <CopyField label={`The key of ${name}`} text={key} />
      </details>
      <p class="small">It is not shown again: this hub keeps a hash of it alone. If it is lost, make a new one.</p>
      <div class="host-key-end">
        <p class="status" role="status" data-status={isUp ? "up" : "connecting"}>
          <span class="dot" aria-hidden="true" />
          {isUp ? `${name} is connected` : `Waiting for ${name}`}
        </p>
        <Button kind={isUp ? "primary" : "plain"} onClick={onDone}>Done</Button>
      </div>
    </div>
  );
}

function CopyLine({ text }: { text: string }): JSX.Element {
  const { toasts } = useWorld();
  const copy = async () => {
    // Over plain http, browsers give a page of another machine no clipboard.
    if (navigator.clipboard === undefined) return toasts.say("Select the line, and copy it.");
    await navigator.clipboard.writeText(text);
    toasts.say("Copied.");
  };
  return <Button icon="copy" onClick={copy}>Copy</Button>;
}

/** Makes a key for a host that has none, or a new one in its place. */
export function NewHostKey({ name, replaces, onClose }: {
  name: string;
  /** Whether there is one that is revoked first. */
  replaces: boolean;
  onClose: () => void;
}): JSX.Element {
  const { api, hosts } = useWorld();
  const made = useSignal<MadeKey | undefined>(undefined);
  const make = async () => {
    if (replaces) await api.call("hosts.revoke_key", { host_name: name });
    made.value = await api.call("hosts.create_key", { host_name: name });
    await hosts.reload(name);
  };
  if (made.value === undefined) {
    return (
      <ConfirmDialog
        title={replaces ? `A new key for ${name}` : `A key for ${name}`}
        text={replaces
          ? `The key that ${name} has now is revoked at once: it is cut off until it dials with the new one.`
          : `${name} dials this hub with it. It is shown once.`}
        action="Make a key"
        isDanger={replaces}
        onClose={() => {
          if (made.peek() === undefined) onClose();
        }}
        onConfirm={make}
      />
    );
  }
  return (
    <Dialog title={`The key of ${name}`} onClose={onClose}>
      <HostKey made={made.value} onDone={onClose} />
    </Dialog>
  );
}

/** Asks before a key is made invalid. */
export function RevokeHostKey({ name, onClose }: { name: string; onClose: () => void }): JSX.Element {
  const { api, hosts } = useWorld();
  const revoke = async () => {
    await api.call("hosts.revoke_key", { host_name: name });
    await hosts.reload(name);
  };
  return (
    <ConfirmDialog
      title={`Revoke the key of ${name}`}
      text={`${name} is cut off at once, and stays away until it gets a new key. Its sessions go on there.`}
      action="Revoke"
      onClose={onClose}
      onConfirm={revoke}
    />
  );
}

/** Says whether a host that dials this hub has a key. */
export function KeyFact({ hasKey }: { hasKey: boolean }): JSX.Element {
  return hasKey
    ? (
      <span class="host-key-fact">
        <Icon name="key-round" size={14} /> has a key
      </span>
    )
    : <span>no key</span>;
}
