/**
 * The variables through which a launcher configures the daemon that it starts. The daemon removes them from its
 * environment, so that its processes do not inherit them.
 *
 * @module
 */

/** Set by the launcher; its value says whether to stop a daemon that already runs. */
export const SPAWNED_MARKER = "CLAUSTRUM_DAEMON_CHILD";
/** The number of descriptors that the daemon's processes may have open. */
export const DESCRIPTORS_MARKER = "CLAUSTRUM_CHILD_NOFILE";
/** The path that the daemon may bind its socket to before it moves the socket to the public path. */
export const STAGING_MARKER = "CLAUSTRUM_STAGING_SOCKET";
/** The address of the program that the user ran; the configuration file is in the same directory. */
export const PROGRAM_MARKER = "CLAUSTRUM_PROGRAM";
/** Set by the tasks of a checkout and by the launcher of a release: what the user has to type for `claustrum`. */
export const OWN_COMMAND = "CLAUSTRUM_COMMAND";
/** The value of {@linkcode SPAWNED_MARKER} that stops a daemon that already runs. */
export const TAKES_OVER = "take-over";
