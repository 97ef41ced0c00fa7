/**
 * Checks of what surrounds the hub: trusted projects, the port that it will listen on, and the unit of its service.
 *
 * @module
 */

import { isTrusted } from "../../claude_home/trust.ts";
import { errnoText, isMissing } from "../../system/errno.ts";
import { isThere } from "../../system/private_files.ts";
import { addressText } from "../access/addresses.ts";
import type { HubConfig } from "../hub_config.ts";
import { networkAddresses } from "../network_addresses.ts";
import type { DoctorCheck } from "../operation_types.ts";
import { failure, ok, warning } from "./finding.ts";

/** Of how many projects the trust is looked up. */
const MAX_PROJECTS = 50;
const WRITE_UNIT = "write it again: claustrum service";

/**
 * Checks that the agent CLI's record of trust can be read, and tells how many projects are trusted.
 *
 * @param home The user's home directory; `undefined` if it is unknown.
 * @throws {TrustError} If the record cannot be read.
 */
export async function checkTrust(
  { projects: { root } }: HubConfig,
  home: string | undefined,
): Promise<DoctorCheck | undefined> {
  if (home === undefined) return undefined;
  await isTrusted(home, home);
  const projects = root === undefined ? [] : (await directoriesIn(root)).slice(0, MAX_PROJECTS);
  const trusted = (await Promise.all(projects.map((path) => isTrusted(home, path)))).filter((each) => each);
  if (projects.length === 0) return ok("trust", `${home}/.claude.json can be read`);
  const counts = `${trusted.length} of ${projects.length} projects are trusted`;
  if (trusted.length > 0) return ok("trust", counts);
  return warning(
    "trust",
    counts,
    "trust one before an agent starts there: claustrum project trust NAME, or in the page",
  );
}

/** The names that are no projects are left out. */
async function directoriesIn(root: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(root));
    const names = entries.filter((entry) => entry.isDirectory && !entry.name.startsWith(".")).map(({ name }) => name);
    return names.sort().map((name) => `${root}/${name}`);
  } catch (error) {
    // That the root is missing is another check.
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Checks that a hub that is started now can listen where the configuration says. Nothing listens there afterwards. */
export function checkPort({ web: { listen } }: HubConfig): DoctorCheck | undefined {
  if (listen === undefined || listen.port === 0) return undefined;
  const [name, address] = ["port", addressText(listen)];
  if (Deno.permissions.querySync({ name: "net", host: address }).state !== "granted") return undefined;
  try {
    Deno.listen(listen).close();
    return ok(name, `${address} is free`);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      const advice = "end it, or set listen to another port in hub.toml";
      return failure(name, `another program listens on ${address}`, advice);
    }
    return failure(name, `cannot listen on ${address}: ${errnoText(error)}`, "change listen in hub.toml");
  }
}

/** Where a service manager keeps the unit of the hub. */
export interface ServicePlace {
  /** The service manager. */
  readonly kind: "systemd" | "launchd";
  /** The file. */
  readonly path: string;
}

/**
 * Returns where the unit of the hub's service would be.
 *
 * @param home The user's home directory.
 * @returns `undefined` on systems whose services have no file.
 */
export function servicePlace(os: typeof Deno.build.os, home: string): ServicePlace | undefined {
  if (os === "linux") return { kind: "systemd", path: `${home}/.config/systemd/user/claustrum-hub.service` };
  if (os === "darwin") return { kind: "launchd", path: `${home}/Library/LaunchAgents/claustrum.hub.plist` };
  return undefined;
}

/** Checks that the unit of the hub's service fits the configuration, if there is one. */
export async function checkService(
  config: HubConfig,
  place: ServicePlace | undefined,
): Promise<DoctorCheck | undefined> {
  if (place === undefined) return undefined;
  const { kind, path } = place;
  const name = "service";
  const text = await readIfThere(path);
  const command = `${WRITE_UNIT} ${kind} --hub --write`;
  if (text === undefined) return ok(name, `none: claustrum service ${kind} --hub --write makes one`);
  const program = programIn(text, kind);
  if (program === undefined || !await isThere(program)) {
    return failure(name, `${path} starts ${program ?? "nothing"}, which does not exist`, command);
  }
  if (kind === "systemd" && !/^KillMode=process$/m.test(text)) {
    return warning(name, `${path} has no KillMode=process: its restart ends what belongs to the hub`, command);
  }
  const missing = networkAddresses(config).filter((address) => !text.includes(address));
  if (missing.length === 0) return ok(name, path);
  return warning(name, `${path} does not let the hub use ${missing.join(", ")}`, command);
}

function programIn(text: string, kind: ServicePlace["kind"]): string | undefined {
  if (kind === "launchd") return /<array>\s*<string>([^<]*)<\/string>/.exec(text)?.[1];
  const [, quoted, bare] = /^ExecStart=(?:"((?:[^"\\]|\\.)*)"|(\S+))/m.exec(text) ?? [];
  return (quoted?.replaceAll(/\\(.)/g, "$1") ?? bare)?.replaceAll("%%", "%").replaceAll("$$", "$");
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
