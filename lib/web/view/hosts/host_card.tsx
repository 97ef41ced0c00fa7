import type { ComponentChildren, JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { Host } from "../../../hosts/types.ts";
import { newHostKey, openNewSession } from "../../state/dialogs.ts";
import { lineText, needsPerson } from "../../state/host_text.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Link, Menu, type MenuItem } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { ConfirmDialog } from "../session/session_dialogs.tsx";
import { counted } from "../text.ts";
import { TimeAgo } from "../time_ago.tsx";
import { HostInstallation, UninstallHost } from "./host_installation.tsx";
import { HostLoad } from "./host_load.tsx";
import { KeyFact, RevokeHostKey } from "./host_key.tsx";
import { HostProblem } from "./host_problem.tsx";
import { HostStatus } from "./host_status.tsx";

/** Another machine: how it goes, what it has, and what can be done about it. */
export function HostCard({ host }: { host: Host }): JSX.Element {
  const { isViewer } = useWorld();
  const { name, state } = host;
  const isUp = state === "up";
  const isLost = state === "offline" || needsPerson(host);
  return (
    <article class={state === "offline" ? "card host away" : "card host"} aria-labelledby={`host-${name}`}>
      <header class="host-head">
        <Icon name={isLost ? "unplug" : "server"} size={20} />
        <div class="host-names">
          <h2 id={`host-${name}`} class="cut">{name}</h2>
          <HostStatus host={host} />
        </div>
        <div class="host-actions">
          {isUp
            ? (
              <Button
                icon="plus"
                label={`New session on ${name}`}
                disabled={isViewer.value}
                onClick={() => openNewSession("", name)}
              >
                <span class="desk-only">New session</span>
              </Button>
            )
            : null}
          <HostMenu host={host} />
        </div>
      </header>
      <HostFacts host={host} />
      {isUp ? <HostLoad host={name} /> : null}
      <HostInstallation host={host} />
      <HostProblem host={host} />
    </article>
  );
}

function HostFacts({ host }: { host: Host }): JSX.Element {
  const { name, state, address, version, last_contact, sessions, waiting, has_key } = host;
  const line = lineText(host);
  return (
    <dl class="host-facts">
      <Fact name="Sessions">
        {sessions === 0 ? "no sessions" : <Link to={{ page: "home", host: name }}>{counted(sessions, "session")}</Link>}
        {waiting === 0 ? null : <span class="badge" aria-label={`${waiting} need you`}>{waiting}</span>}
      </Fact>
      {address === undefined ? null : (
        <Fact name="Address">
          <span class="mono">{address}</span>
        </Fact>
      )}
      {line === "ssh" ? null : <Fact name="Line">{line}</Fact>}
      {has_key === undefined ? null : (
        <Fact name="Key">
          <KeyFact hasKey={has_key} />
        </Fact>
      )}
      {version === undefined ? null : <Fact name="Version">claustrum {version}</Fact>}
      {state === "up" ? null : (
        <Fact name="Last contact">
          {last_contact === undefined ? "never reached" : (
            <span>
              last contact <TimeAgo at={last_contact} />
            </span>
          )}
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function HostMenu({ host }: { host: Host }): JSX.Element | null {
  const { api, hosts, isViewer } = useWorld();
  const asked = useSignal<"remove" | "uninstall" | "revoke" | undefined>(undefined);
  const close = () => void (asked.value = undefined);
  const ask = (what: typeof asked.value) => () => void (asked.value = what);
  if (isViewer.value) return null;
  const { name } = host;
  const retry = async () => hosts.put(await api.call("hosts.retry", { host_name: name }));
  const upgrade = async () => hosts.put(await api.call("hosts.upgrade", { host_name: name }));
  const remove = async () => {
    await api.call("hosts.remove", { host_name: name });
    hosts.drop(name);
  };
  const makeKey = () => void (newHostKey.value = { name, replaces: host.has_key === true });
  const isOverSsh = host.line === "ssh";
  const canUpgrade = isOverSsh && host.state === "up";
  const items: MenuItem[] = [
    ...(canUpgrade ? [{ label: "Upgrade", icon: "download", onSelect: upgrade } as const] : []),
    ...(isOverSsh ? [{ label: "Connect anew", icon: "rotate-ccw", onSelect: retry } as const] : []),
    ...(host.has_key === undefined
      ? []
      : [{ label: host.has_key ? "New key" : "Make a key", icon: "key-round", onSelect: makeKey } as const]),
    ...(host.has_key === true
      ? [{ label: "Revoke key", icon: "unplug", isDanger: true, onSelect: ask("revoke") } as const]
      : []),
    { label: "Remove", icon: "trash", isDanger: true, onSelect: ask("remove") },
    ...(canUpgrade
      ? [
        {
          label: "Uninstall",
          icon: "power",
          isDanger: true,
          onSelect: ask("uninstall"),
        } as const,
      ]
      : []),
  ];
  return (
    <>
      <Menu label={`More about ${name}`} items={items} />
      {asked.value === "revoke" ? <RevokeHostKey name={name} onClose={close} /> : null}
      {asked.value === "uninstall" ? <UninstallHost host={host} onClose={close} /> : null}
      {asked.value === "remove"
        ? (
          <ConfirmDialog
            title={`Remove ${name}`}
            text={`This page forgets ${name}. Its hub, its sessions and what is installed there stay and go on; it can be added again.`}
            action="Remove"
            onClose={close}
            onConfirm={remove}
          />
        )
        : null}
    </>
  );
}
