/**
 * Go's text form of a file mode (contract: Files methods, `files.stat`).
 *
 * @module
 */

const TYPE_MASK = 0o170000;
const TYPE_LETTERS: ReadonlyMap<number, string> = new Map([
  [0o040000, "d"],
  [0o120000, "L"],
  [0o060000, "D"],
  [0o020000, "Dc"],
  [0o010000, "p"],
  [0o140000, "S"],
]);
const PERMISSIONS = "rwxrwxrwx";

/**
 * Formats a mode: the letters of the type and special bits, or a dash, then the nine permissions.
 *
 * @param mode The value of `st_mode`, including the type bits.
 */
export function formatMode(mode: number): string {
  return (specialLetters(mode) || "-") + permissionLetters(mode);
}

/** Returns the letters in the contract's order: d a l T L D p S u g c t. */
function specialLetters(mode: number): string {
  const type = TYPE_LETTERS.get(mode & TYPE_MASK) ?? "";
  const isCharacterDevice = type === "Dc";
  return (isCharacterDevice ? "D" : type) + (mode & 0o4000 ? "u" : "") + (mode & 0o2000 ? "g" : "") +
    (isCharacterDevice ? "c" : "") + (mode & 0o1000 ? "t" : "");
}

function permissionLetters(mode: number): string {
  let text = "";
  for (let bit = 0; bit < 9; bit++) text += mode & (0o400 >> bit) ? PERMISSIONS[bit] : "-";
  return text;
}
