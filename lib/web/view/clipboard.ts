/**
 * Writes into the clipboard.
 *
 * @module
 */

/** Copies a text, which may still be on its way: browsers allow it only while they remember the press of a button. */
export async function copyText(text: string | Promise<string>): Promise<void> {
  // Over plain http from another machine, browsers give no clipboard.
  if (!globalThis.isSecureContext) return copyByCommand(await text);
  if (typeof text === "string") return await navigator.clipboard.writeText(text);
  const blob = text.then((whole) => new Blob([whole], { type: "text/plain" }));
  await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

function copyByCommand(text: string): void {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "hidden-text";
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (!isCopied) throw new Error("The browser allows no copying here. Open the page over https.");
}
