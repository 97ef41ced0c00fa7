/**
 * Units for the service managers that keep a daemon running for a user.
 *
 * @module
 */

/** The service managers that are known. */
export type ServiceKind = "systemd" | "launchd";

/** What the service is to do. */
export interface ServiceOptions {
  /** The command that serves in the foreground. */
  readonly command: readonly string[];
  /** The path of the socket. */
  readonly socket: string;
  /** Whether processes outlive the daemon. */
  readonly keepsChildren: boolean;
  /** The user's home directory. */
  readonly home: string;
}

/** A unit. */
export interface ServiceUnit {
  /** What stands in it. */
  readonly text: string;
  /** Where the service manager looks for it. */
  readonly path: string;
  /** How it is started, and what else to do. */
  readonly advice: string;
}

const LABEL = "claustrum.daemon";

/** Makes the unit of a service manager. */
export function serviceUnit(kind: ServiceKind, options: ServiceOptions): ServiceUnit {
  const { command, socket, keepsChildren } = options;
  const all = [...command, "--socket", socket, ...(keepsChildren ? ["--keep-children"] : [])];
  return kind === "systemd" ? systemdUnit(all, options) : launchdUnit(all, options);
}

function systemdUnit(command: readonly string[], { keepsChildren, home }: ServiceOptions): ServiceUnit {
  const killMode = keepsChildren
    ? `# Only the daemon is told to stop: its processes live on, without their stdio (--keep-children).
KillMode=process`
    : `# The daemon ends its processes itself; whatever escaped it is ended after it.
KillMode=mixed`;
  const text = `[Unit]
Description=claustrum, a daemon that hosts processes
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
Type=exec
ExecStart=${command.map(systemdQuote).join(" ")}
Restart=on-failure
RestartSec=1
TimeoutStopSec=15
${killMode}
# A process that takes all memory is ended, not the daemon and all the others with it.
OOMPolicy=continue
# No sandbox here: what the daemon hosts would inherit it, and sudo, debuggers and other
# architectures would break in it. The daemon's own runtime narrows the daemon itself.

[Install]
WantedBy=default.target
`;
  return {
    text,
    path: `${home}/.config/systemd/user/claustrum.service`,
    advice: `start it with: systemctl --user daemon-reload && systemctl --user enable --now claustrum
logind ends it when you log out, unless you say once: loginctl enable-linger`,
  };
}

/** Go's and the shell's quoting both differ: inside double quotes systemd unescapes, and expands $ and %. */
function systemdQuote(arg: string): string {
  const escaped = arg.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@+=:,./%-]+$/.test(arg) ? escaped : `"${escaped}"`;
}

function launchdUnit(command: readonly string[], { socket, keepsChildren, home }: ServiceOptions): ServiceUnit {
  const log = `${socket.slice(0, socket.lastIndexOf("/"))}/launchd.log`;
  const strings = command.map((arg) => `    <string>${xmlText(arg)}</string>`).join("\n");
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LABEL}</string>
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
  <!-- Whether processes live on when the daemon ends. -->
  <key>AbandonProcessGroup</key>
  <${keepsChildren}/>
  <key>StandardErrorPath</key>
  <string>${xmlText(log)}</string>
</dict>
</plist>
`;
  const path = `${home}/Library/LaunchAgents/${LABEL}.plist`;
  return { text, path, advice: `start it with: launchctl bootstrap gui/$(id -u) ${path}` };
}

function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
