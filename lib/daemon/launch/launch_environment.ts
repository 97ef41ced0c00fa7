/**
 * What a launcher tells the daemon that it starts, in variables that nobody else gets to see.
 *
 * @module
 */

/** Tells the program that it was started by the launcher, and what becomes of a daemon that runs already. */
export const SPAWNED_MARKER = "CLAUSTRUM_DAEMON_CHILD";
/** Tells the daemon how many descriptors its children may have open. */
export const DESCRIPTORS_MARKER = "CLAUSTRUM_CHILD_NOFILE";
/** Tells the daemon which name it may bind its socket with, before it moves the socket to its public path. */
export const STAGING_MARKER = "CLAUSTRUM_STAGING_SOCKET";
/** Tells the daemon the address of the program that the user ran: the configuration file lies in its directory. */
export const PROGRAM_MARKER = "CLAUSTRUM_PROGRAM";
/** The first marker's value when a daemon that runs already is to go. */
export const TAKES_OVER = "take-over";
