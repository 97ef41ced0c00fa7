/**
 * Units for the service managers that keep a user's daemon running.
 *
 * @module
 */

import { windowsTask } from "./windows_task.ts";

/** The supported service managers. */
export type ServiceKind = "systemd" | "launchd" | "windows";

/** Options of {@linkcode serviceUnit}. */
export interface ServiceOptions {
  /** The command that serves in the foreground, without its flags. */
  readonly command: readonly string[];
  /** The path of the socket. */
  readonly socket: string;
  /** Whether processes survive when the daemon stops. */
  readonly keepsChildren: boolean;
  /** The user's home directory. */
  readonly home: string;
  /** The user as Windows names it; `undefined` if it is unknown. @default {unknown} */
  readonly user?: string | undefined;
}

/** A unit of a service manager. */
export interface ServiceUnit {
  /** The contents of the file. */
  readonly text: string;
  /** The path where the service manager looks for the file. */
  readonly path: string;
  /** Instructions for the user to start the service. */
  readonly advice: string;
}

const LABEL = "claustrum.daemon";

/** Returns the unit for a service manager. */
export function serviceUnit(kind: ServiceKind, options: ServiceOptions): ServiceUnit {
  const { command, socket, keepsChildren } = options;
  const all = [...command, "--socket", socket, ...(keepsChildren ? ["--keep-children"] : [])];
  if (kind === "systemd") return systemdUnit(all, options);
  return kind === "launchd" ? launchdUnit(all, options) : windowsUnit([...command, "--socket", socket], options);
}

function systemdUnit(command: readonly string[], { keepsChildren, home }: ServiceOptions): ServiceUnit {
  const killMode = keepsChildren
    ? `# Only the daemon is stopped: its processes live on, without their stdio (--keep-children).
KillMode=process`
    : `# The daemon ends its processes itself; systemd then ends any that are left.
KillMode=mixed`;
  const text = `[Unit]
Description=claustrum, a daemon that hosts processes
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
Type=exec
ExecStart=${systemdCommand(command)}
Restart=on-failure
RestartSec=1
TimeoutStopSec=15
${killMode}
# A process that uses up the memory is killed alone, without the daemon and its other processes.
OOMPolicy=continue
# No sandbox: the processes of the daemon would inherit it, and it would break sudo, debuggers and
# emulators. The daemon itself is restricted by the permissions of its runtime.

[Install]
WantedBy=default.target
`;
  return {
    text,
    path: `${home}/.config/systemd/user/claustrum.service`,
    advice: `start it with: systemctl --user daemon-reload && systemctl --user enable --now claustrum
logind stops it when you log out, unless you run this once: loginctl enable-linger`,
  };
}

/** Quotes the arguments of a command for systemd. */
export function systemdCommand(command: readonly string[]): string {
  return command.map(systemdQuote).join(" ");
}

/** Quotes an argument for systemd, which expands `$` and `%` and handles escapes inside double quotes. */
function systemdQuote(arg: string): string {
  const escaped = arg.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@+=:,./%-]+$/.test(arg) ? escaped : `"${escaped}"`;
}

function launchdUnit(command: readonly string[], { socket, keepsChildren, home }: ServiceOptions): ServiceUnit {
  const log = `${socket.slice(0, socket.lastIndexOf("/"))}/launchd.log`;
  return launchdAgent({ label: LABEL, command, log, keepsChildren, home });
}

/** The daemon of Windows knows no `--keep-children`. */
function windowsUnit(command: readonly string[], { home, user }: ServiceOptions): ServiceUnit {
  const about = "claustrum, a daemon that hosts processes. They end with it.";
  return windowsTask({ name: "claustrum", about, command, home, user });
}

/** What launchd keeps running. */
export interface LaunchdAgent {
  /** Its name. */
  readonly label: string;
  /** The command. */
  readonly command: readonly string[];
  /** The file for its stderr. */
  readonly log: string;
  /** Whether processes that it has started survive when it stops. */
  readonly keepsChildren: boolean;
  /** The user's home directory. */
  readonly home: string;
}

/** Returns the unit for launchd. */
export function launchdAgent({ label, command, log, keepsChildren, home }: LaunchdAgent): ServiceUnit {
  const strings = command.map((arg) => `    <string>${xmlText(arg)}</string>`).join("\n");
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${xmlText(label)}</string>
  <key>ProgramArguments</key>
  <array>
${strings}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <!-- Whether processes survive when it stops. -->
  <key>AbandonProcessGroup</key>
  <${keepsChildren}/>
  <key>StandardErrorPath</key>
  <string>${xmlText(log)}</string>
</dict>
</plist>
`;
  const path = `${home}/Library/LaunchAgents/${label}.plist`;
  return { text, path, advice: `start it with: launchctl bootstrap gui/$(id -u) ${path}` };
}

function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
