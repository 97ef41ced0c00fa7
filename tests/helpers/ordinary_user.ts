/** The capabilities with which root ignores file modes, to drop. */
const OVERRIDES = "-dac_override,-dac_read_search";
const DROP = ["/usr/bin/setpriv", `--bounding-set=${OVERRIDES}`, `--inh-caps=${OVERRIDES}`];

/**
 * Returns the start of a command line that runs a program to which file modes apply, as to an ordinary user. Empty if
 * this user is not root.
 */
export function asOrdinaryUser(): string[] {
  return Deno.uid() === 0 && canDrop() ? DROP : [];
}

/** Whether a program to which file modes apply can be run; root may be unable to drop capabilities. */
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
