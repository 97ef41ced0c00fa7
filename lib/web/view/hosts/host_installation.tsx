import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { Host, HostInstall } from "../../../hosts/types.ts";
import { FAILED_INSTALLS, installText, isOutdated, sentPercent } from "../../state/host_text.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { ConfirmDialog } from "../session/session_dialogs.tsx";
import { bytesText, sentence } from "../text.ts";
import { VisibleText } from "../visible_text.tsx";

/** What is done to the software of a host, why that has failed, or that it has another version than the hub. */
export function HostInstallation({ host }: { host: Host }): JSX.Element | null {
  const { hosts } = useWorld();
  const { install } = host;
  if (install !== undefined) {
    return install.error === undefined ? <Progress install={install} /> : <Failure host={host} />;
  }
  return isOutdated(host, hosts.ownVersion.value) ? <Outdated host={host} /> : null;
}

function Progress({ install }: { install: HostInstall }): JSX.Element {
  const percent = sentPercent(install);
  const { sent, total } = install;
  return (
    <div class="host-installation">
      <p class="small" role="status">
        {installText(install)}
        {percent === undefined || sent === undefined || total === undefined
          ? "…"
          : `: ${bytesText(sent)} of ${bytesText(total)}`}
      </p>
      <div
        class={percent === undefined ? "progress unknown" : "progress"}
        role="progressbar"
        aria-label={installText(install)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
      >
        <span style={percent === undefined ? {} : { width: `${percent}%` }} />
      </div>
    </div>
  );
}

function Failure({ host: { install } }: { host: Host }): JSX.Element | null {
  if (install?.error === undefined) return null;
  const title = FAILED_INSTALLS[install.action];
  return (
    <div class="host-problem" role="group" aria-label={title}>
      <p class="host-problem-title">
        <Icon name="triangle-alert" size={18} /> {title}
      </p>
      <p>
        {installText(install)}: <VisibleText text={sentence(install.error)} />
      </p>
    </div>
  );
}

function Outdated({ host: { name, version } }: { host: Host }): JSX.Element {
  const { api, hosts, isViewer } = useWorld();
  const upgrade = async () => hosts.put(await api.call("hosts.upgrade", { host_name: name }));
  return (
    <div class="host-passing">
      <p class="small">
        It runs claustrum {version}, and this hub {hosts.ownVersion.value}.{" "}
        <span class="muted">An upgrade does not interrupt its sessions.</span>
      </p>
      <Button icon="download" disabled={isViewer.value} onClick={upgrade}>Upgrade</Button>
    </div>
  );
}

/** Upgrades what has another version than the hub, one after another; it stops at the first failure. */
export function UpgradeAll({ hosts: all }: { hosts: readonly Host[] }): JSX.Element | null {
  const { api, hosts } = useWorld();
  const outdated = all.filter((host) => isOutdated(host, hosts.ownVersion.value));
  if (outdated.length < 2) return null;
  const upgrade = async () => {
    for (const { name } of outdated) hosts.put(await api.call("hosts.upgrade", { host_name: name }));
  };
  return <Button icon="download" onClick={upgrade}>Upgrade all</Button>;
}

/** Asks before claustrum is taken away from a host. */
export function UninstallHost({ host, onClose }: { host: Host; onClose: () => void }): JSX.Element {
  const { api, hosts, toasts } = useWorld();
  const endsSessions = useSignal(false);
  const { name } = host;
  const uninstall = async () => {
    const params = { host_name: name, ...(endsSessions.value ? { sessions: true } : {}) };
    const { host: changed, left } = await api.call("hosts.uninstall", params);
    hosts.put(changed);
    if (left.length > 0) toasts.say(`Left on ${name}: ${left.join(", ")}.`);
  };
  return (
    <ConfirmDialog
      title={`Uninstall claustrum on ${name}`}
      text={`What was installed on ${name} is taken away: it shows nothing any more until claustrum is installed again. What its agents have written stays.`}
      action="Uninstall"
      word={name}
      note={
        <label class="check">
          <input
            type="checkbox"
            checked={endsSessions.value}
            onChange={({ currentTarget }) => endsSessions.value = currentTarget.checked}
          />
          End the sessions that run there first
        </label>
      }
      onClose={onClose}
      onConfirm={uninstall}
    />
  );
}
