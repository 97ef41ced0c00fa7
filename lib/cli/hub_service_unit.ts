/**
 * Units for the service managers that keep a user's hub running.
 *
 * @module
 */

import { launchdAgent, type ServiceKind, type ServiceUnit, systemdCommand } from "../daemon/launch/service_unit.ts";
import { windowsTask } from "../daemon/launch/windows_task.ts";

/** Options of {@linkcode hubServiceUnit}. */
export interface HubServiceOptions {
  /** The command that runs the hub in the foreground. */
  readonly command: readonly string[];
  /** The state directory of the hub. */
  readonly directory: string;
  /** The user's home directory. */
  readonly home: string;
  /** The user as Windows names it; `undefined` if it is unknown. @default {unknown} */
  readonly user?: string | undefined;
}

const LABEL = "claustrum.hub";
const AGAIN =
  "Write the unit again when listen, webhooks, links, nats, push or daemon.socket change: it names what the hub may reach.";

/** Returns the unit for a service manager. */
export function hubServiceUnit(
  kind: ServiceKind,
  { command, directory, home, user }: HubServiceOptions,
): ServiceUnit {
  if (kind === "systemd") return systemdUnit(command, home);
  const log = `${directory}/launchd.log`;
  const about = "claustrum, the hub of agent sessions. The agents are the daemon's, and run on when it ends.";
  const unit = kind === "windows"
    ? windowsTask({ name: "claustrum-hub", about, command, home, user })
    : launchdAgent({ label: LABEL, command, log, keepsChildren: true, home });
  return { ...unit, advice: `${unit.advice}\n${AGAIN}` };
}

function systemdUnit(command: readonly string[], home: string): ServiceUnit {
  const text = `[Unit]
Description=claustrum, the hub of agent sessions
# The daemon runs the agents. Its own unit is made by: claustrum service systemd --write
Wants=claustrum.service
After=claustrum.service
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
Type=exec
# ${AGAIN}
ExecStart=${systemdCommand(command)}
WorkingDirectory=/
UMask=0077
Restart=on-failure
RestartSec=1
TimeoutStopSec=10
# The hub itself runs no program: agents are the daemon's, and run on.
KillMode=process
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`;
  return {
    text,
    path: `${home}/.config/systemd/user/claustrum-hub.service`,
    advice: `stop a hub that runs already with: claustrum hub stop
start it with: systemctl --user daemon-reload && systemctl --user enable --now claustrum-hub
logind stops it when you log out, unless you run this once: loginctl enable-linger
${AGAIN}`,
  };
}
