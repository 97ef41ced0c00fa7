import type { JSX } from "preact";
import type { Host } from "../../../hosts/types.ts";
import { adviceFor, type HostAdvice, isInstalling } from "../../state/host_text.ts";
import { newHostKey } from "../../state/dialogs.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { CopyField } from "../settings/copy_field.tsx";
import { sentence } from "../text.ts";
import { VisibleText } from "../visible_text.tsx";

/** Why a host is not up, and what a person can do about it. */
export function HostProblem({ host }: { host: Host }): JSX.Element | null {
  if (isInstalling(host)) return null;
  const advice = adviceFor(host);
  if (advice === undefined) return null;
  if (host.state !== "refused") return <Passing host={host} advice={advice} />;
  const { title, text, command, isAlarming = false } = advice;
  return (
    <div class={isAlarming ? "host-problem alarming" : "host-problem"} role="group" aria-label={title}>
      <p class="host-problem-title">
        <Icon name={isAlarming ? "shield-alert" : "circle-alert"} size={18} /> {title}
      </p>
      <p>
        <VisibleText text={sentence(text)} />
      </p>
      {host.fingerprint === undefined ? null : (
        <p class="host-fingerprint mono">
          <span class="hidden-text">Fingerprint</span>
          {host.fingerprint}
        </p>
      )}
      {command === undefined ? null : (
        <div class="host-command">
          <p class="small muted">{command.label}:</p>
          <CopyField label={command.label} text={command.text} />
        </div>
      )}
      <Remedies host={host} advice={advice} />
    </div>
  );
}

/** What is tried again by itself needs no box. */
function Passing({ host, advice: { title, text, remedy } }: { host: Host; advice: HostAdvice }): JSX.Element {
  return (
    <div class="host-passing">
      <p class="small">
        {title}.{" "}
        <span class="muted">
          <VisibleText text={sentence(text)} />
        </span>
      </p>
      {host.line === "ssh" ? <TryAgain host={host} /> : null}
      {remedy === "key" ? <MakeKey host={host} /> : null}
    </div>
  );
}

function MakeKey({ host: { name } }: { host: Host }): JSX.Element {
  const { isViewer } = useWorld();
  const make = () => void (newHostKey.value = { name, replaces: false });
  return <Button icon="key-round" disabled={isViewer.value} onClick={make}>Make a key</Button>;
}

function Remedies({ host, advice: { remedy } }: { host: Host; advice: HostAdvice }): JSX.Element {
  const { api, hosts, isViewer } = useWorld();
  const { name, fingerprint } = host;
  const accept = async () => {
    if (fingerprint === undefined) return;
    hosts.put(await api.call("hosts.accept_key", { host_name: name, fingerprint }));
  };
  // Its end is told with the host, as its failure is.
  const install = async () => hosts.put(await api.call("hosts.install", { host_name: name }));
  return (
    <>
      <div class="buttons">
        {remedy === "accept" && fingerprint !== undefined
          ? <Button kind="primary" icon="key-round" disabled={isViewer.value} onClick={accept}>Accept this key</Button>
          : null}
        {remedy === "install"
          ? <Button kind="primary" icon="download" disabled={isViewer.value} onClick={install}>Install</Button>
          : null}
        <TryAgain host={host} />
      </div>
    </>
  );
}

function TryAgain({ host: { name } }: { host: Host }): JSX.Element {
  const { api, hosts, isViewer } = useWorld();
  const retry = async () => hosts.put(await api.call("hosts.retry", { host_name: name }));
  return <Button icon="rotate-ccw" disabled={isViewer.value} onClick={retry}>Try again</Button>;
}
