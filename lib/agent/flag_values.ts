/**
 * Values of flags that would have the agent do things without a question. What the user allows anyway by trusting a
 * directory, such as servers and plugins with programs of their own, is no such thing.
 *
 * @module
 */

/** What an agent that is defined on the command line may not bring, without case and separators. */
const REFUSED_KEYS: ReadonlySet<string> = new Set(["permissionmode", "hooks", "mcpservers"]);
/** Tools that can do anything. */
const MIGHTY_TOOLS: ReadonlySet<string> = new Set(["bash", "powershell", "write", "edit", "multiedit", "notebookedit"]);

/** Returns the rest of the sentence "The flag X …" if agents are defined in a way that is refused. */
export function refusedAgents(json: string): string | undefined {
  let found: string | undefined;
  let agents: unknown;
  try {
    agents = JSON.parse(json, (key, value) => {
      if (REFUSED_KEYS.has(key.toLowerCase().replaceAll(/[_-]/g, ""))) found ??= key;
      return value;
    });
  } catch {
    return "needs a JSON object";
  }
  if (typeof agents !== "object" || agents === null || Array.isArray(agents)) return "needs a JSON object";
  return found === undefined ? undefined : `opens a way around permissions with "${found}"`;
}

/** Returns the rest of the sentence "The flag X …" if rules for tools leave nothing to ask about. */
export function refusedTools(rules: string): string | undefined {
  // Where the CLI ends a rule with nested parentheses is unknown: neither reading may be too wide.
  const rule = [...splitRules(rules, true), ...splitRules(rules, false)].find(isTooWide);
  if (rule === undefined) return undefined;
  return `opens a way around permissions with "${rule}": name what is allowed, like Bash(git status:*)`;
}

/** Splits rules at commas and white space outside of parentheses. */
function splitRules(rules: string, isNested: boolean): string[] {
  const found = [""];
  let depth = 0;
  for (const character of rules) {
    if (character === "(") depth = isNested ? depth + 1 : 1;
    else if (character === ")") depth = isNested ? Math.max(0, depth - 1) : 0;
    if (depth === 0 && /[\s,]/.test(character)) found.push("");
    else found[found.length - 1] += character;
  }
  return found.filter((rule) => rule !== "");
}

function isTooWide(rule: string): boolean {
  const [, name = "", specifier = ""] = /^([^(]*)(?:\((.*)\))?/s.exec(rule)!;
  if (name.includes("*") && !name.startsWith("mcp__")) return true;
  // A specifier of only wildcards and roots matches everything.
  return MIGHTY_TOOLS.has(name.toLowerCase()) && /^[*?/:.~\s]*$/.test(specifier);
}
