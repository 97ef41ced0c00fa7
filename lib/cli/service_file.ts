/**
 * Prints or installs the unit of a service manager.
 *
 * @module
 */

import type { ServiceKind, ServiceUnit } from "../daemon/launch/service_unit.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { writePrivateFile } from "../system/private_files.ts";
import { print, printError, printText } from "./print.ts";
import { UsageError } from "./usage_error.ts";

const KINDS: readonly ServiceKind[] = ["systemd", "launchd", "windows"];

/**
 * Returns the service manager of a name.
 *
 * @throws {UsageError} If there is none.
 */
export function serviceKind(name: string | undefined): ServiceKind {
  const kind = KINDS.find((kind) => kind === name);
  if (kind === undefined) throw new UsageError(`service takes systemd, launchd or windows, not "${name}"`);
  return kind;
}

/** Returns the user's home directory; empty if it is unknown. */
export function serviceHome(): string {
  return Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? "";
}

/** Returns the user as Windows names it; `undefined` on other systems. */
export function serviceUser(): string | undefined {
  const [domain, name] = [Deno.env.get("USERDOMAIN"), Deno.env.get("USERNAME")];
  return domain === undefined || name === undefined ? undefined : `${domain}\\${name}`;
}

/**
 * Prints a unit, or installs it and prints how to start it.
 *
 * @throws {ClaustrumError} If it cannot be written.
 */
export async function printOrWriteUnit(unit: ServiceUnit, writes: boolean): Promise<void> {
  if (!writes) {
    print(unit.text.trimEnd());
    printError(unit.advice);
    return;
  }
  // Without a home directory, the path would begin at the root.
  if (serviceHome() === "") throw new ClaustrumError("cannot resolve home directory: $HOME is not defined");
  await writeUnit(unit);
  printText(`wrote ${unit.path}\n${unit.advice}`);
}

async function writeUnit({ path, text }: ServiceUnit): Promise<void> {
  try {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await writePrivateFile(path, text);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new ClaustrumError(`cannot write ${path}: ${errnoText(error)}: omit --write to print the service`, {
      cause: error,
    });
  }
}
