/**
 * How git is called for a clone: it asks nothing, runs nothing that the user or the repository has configured, and
 * connects only to addresses that were checked.
 *
 * @module
 */

import { settingVariables, unsetArgs } from "../git/safe_git.ts";
import type { CloneSource } from "./clone_url.ts";
import { parseIp } from "./ip_address.ts";

/** What to clone. */
export interface CloneOrder {
  /** From where. */
  readonly source: CloneSource;
  /** The addresses of its host that may be connected to, the best one first. */
  readonly addresses: readonly string[];
  /** Whether only the newest commit is fetched. */
  readonly isShallow: boolean;
  /** The directory to make, absolute. */
  readonly directory: string;
}

/** A command for the daemon. */
export interface CloneCommand {
  /** The program. */
  readonly command: string;
  /** The arguments. */
  readonly args: readonly string[];
  /** Variables over those of the daemon. */
  readonly env: Readonly<Record<string, string>>;
}

/** The oldest git that keeps to the addresses it is given over https: older ones ignore `http.curloptResolve`. */
export const OLDEST_GIT: readonly [major: number, minor: number] = [2, 37];

const ENVIRONMENT = {
  LC_ALL: "C",
  // Without the user's configuration, and the passwords in ~/.netrc.
  HOME: "/dev/null",
  XDG_CONFIG_HOME: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "false",
  SSH_ASKPASS: "false",
  GIT_PAGER: "cat",
  GIT_EDITOR: "false",
  GIT_LFS_SKIP_SMUDGE: "1",
  GIT_SSH_VARIANT: "ssh",
} as const;

const CONFIG: Readonly<Record<string, string>> = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.askPass": "false",
  "credential.helper": "",
  "credential.interactive": "false",
  "protocol.allow": "never",
  "http.followRedirects": "false",
  "http.sslVerify": "true",
  // A proxy would look the host up again, and connect wherever that leads.
  "http.proxy": "",
  "submodule.recurse": "false",
  "transfer.bundleURI": "false",
  "fetch.recurseSubmodules": "false",
  "gc.auto": "0",
  "maintenance.auto": "false",
};

const SSH_OPTIONS: readonly string[] = [
  "BatchMode=yes",
  "StrictHostKeyChecking=yes",
  "ProxyCommand=none",
  "ProxyJump=none",
  "PermitLocalCommand=no",
  "ClearAllForwardings=yes",
  "ForwardAgent=no",
  "ForwardX11=no",
  "CanonicalizeHostname=no",
  "CheckHostIP=no",
  "UpdateHostKeys=no",
];

/**
 * Returns the command that clones.
 *
 * @param sshArgs More arguments of ssh, before all others; in tests only.
 */
export function cloneCommand(order: CloneOrder, sshArgs: readonly string[] = []): CloneCommand {
  const { source, addresses, isShallow, directory } = order;
  const { scheme, url } = source;
  const config = { ...CONFIG, [`protocol.${scheme}.allow`]: "always", ...httpConfig(source, addresses) };
  const env = {
    ...ENVIRONMENT,
    GIT_ALLOW_PROTOCOL: scheme,
    GIT_SSH_COMMAND: sshCommand(source, addresses[0] ?? "", sshArgs),
    // As variables: everybody on the machine can read the arguments of a process.
    ...settingVariables(Object.entries(config)),
  };
  const args = [
    ...unsetArgs(env),
    ...["git", "clone", "--progress", "--no-tags", "--no-recurse-submodules", "--no-local", "--template="],
    ...(isShallow ? ["--depth=1"] : []),
    ...["--", url, directory],
  ];
  return { command: "env", args, env };
}

function httpConfig({ scheme, host, port, credentials }: CloneSource, addresses: readonly string[]) {
  if (scheme === "ssh") return {};
  const list = addresses.map((address) => address.includes(":") ? `[${address}]` : address).join(",");
  const isName = parseIp(host) === undefined;
  return {
    ...(isName ? { "http.curloptResolve": `${host}:${port}:${list}` } : {}),
    ...(credentials === undefined ? {} : { "http.extraHeader": `Authorization: Basic ${basic(credentials)}` }),
  };
}

function basic({ user, password }: NonNullable<CloneSource["credentials"]>): string {
  return new TextEncoder().encode(`${user}:${password}`).toBase64();
}

/** A shell splits it; the host and the address consist of letters, digits, dots, colons and hyphens. */
function sshCommand({ host, port }: CloneSource, address: string, more: readonly string[]): string {
  const alias = port === 22 ? host : `[${host}]:${port}`;
  const options = [...SSH_OPTIONS, `HostName=${address}`, `HostKeyAlias=${alias}`].map((option) => `-o '${option}'`);
  return ["ssh", "-F", "none", "-a", "-x", ...more.map((arg) => `'${arg}'`), ...options].join(" ");
}
