/**
 * Who else may write to a directory (contract: Texts of next, worktreeRoot).
 *
 * @module
 */

/** The permissions of a directory. */
export interface DirectoryMode {
  /** The permission bits, as in `st_mode`. */
  readonly mode: number;
  /** The group that owns it. */
  readonly gid: number;
}

/** The user whose private group does not count. */
export interface Account {
  /** The group of the daemon; `undefined` if unknown. */
  readonly gid: number | undefined;
  /** The content of `/etc/passwd`. */
  readonly passwd: string;
  /** The content of `/etc/group`. */
  readonly group: string;
}

/** Returns who else may write to a directory; `undefined` if nobody may. */
export function otherWriters({ mode, gid }: DirectoryMode, account: Account): string | undefined {
  const group = (mode & 0o020) !== 0 && !isPrivateGroup(gid, account);
  const others = (mode & 0o002) !== 0;
  if (group && others) return "its group and every user on this host";
  if (group) return "its group";
  return others ? "every user on this host" : undefined;
}

/** Formats permission bits. */
export function modeText(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

/** Whether a group is the daemon's own, and that of nobody else. */
export function isPrivateGroup(gid: number, account: Account): boolean {
  if (account.gid !== gid) return false;
  const users = linesOf(account.passwd).filter((fields) => fields[3] === String(gid));
  const user = users[0]?.[0];
  if (users.length !== 1 || user === undefined) return false;
  return linesOf(account.group).filter((fields) => fields[2] === String(gid))
    .every(([name, , , members = ""]) => name === user && (members === "" || members === user));
}

function linesOf(text: string): string[][] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(":"));
}
