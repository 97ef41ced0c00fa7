/** What lets root read, write and enter what the mode of a file forbids. */
const OVERRIDES = "-dac_override,-dac_read_search";
const DROP = ["/usr/bin/setpriv", `--bounding-set=${OVERRIDES}`, `--inh-caps=${OVERRIDES}`];

/**
 * The command line before a program that runs as an ordinary user does: file modes hold for it. Empty for a user that
 * is an ordinary one already.
 */
export function asOrdinaryUser(): string[] {
  return Deno.uid() === 0 && canDrop() ? DROP : [];
}

/** Whether a program can be run for which file modes hold; root may be kept from giving up what it may do. */
export function canBeOrdinary(): boolean {
  return Deno.uid() !== 0 || canDrop();
}

function canDrop(): boolean {
  try {
    return new Deno.Command(DROP[0]!, { args: [...DROP.slice(1), "true"], stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
