/** What lets root read, write and enter what the mode of a file forbids. */
const OVERRIDES = "-dac_override,-dac_read_search";

/**
 * The command line before a program that runs as an ordinary user does: file modes hold for it. Empty for a user that
 * is an ordinary one already.
 */
export function asOrdinaryUser(): string[] {
  return Deno.uid() === 0 ? ["/usr/bin/setpriv", `--bounding-set=${OVERRIDES}`, `--inh-caps=${OVERRIDES}`] : [];
}
