/**
 * What a task does with words that it does not know.
 *
 * @module
 */

/**
 * Returns what `parseArgs` calls with such a word: a wrong word must not begin what runs for minutes. The task ends with
 * code 2, or 0 if it was asked for help.
 *
 * @param usage How the task is called.
 * @param takesWords Whether it takes words that are no options.
 */
export function refuseUnknown(usage: string, takesWords = false): (word: string, option?: string) => boolean {
  return (word, option) => {
    if (takesWords && option === undefined) return true;
    const wantsHelp = option === "help" || option === "h";
    console.error(wantsHelp ? `Usage: ${usage}` : `Unknown argument ${word}; usage: ${usage}`);
    Deno.exit(wantsHelp ? 0 : 2);
  };
}
