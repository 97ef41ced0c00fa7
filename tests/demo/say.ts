/** Prints what happens next. */
export function say(text: string): void {
  console.log(`\n${text}`);
}
