import { HubCallError } from "../../hub/hub_errors.ts";
import type { Usage } from "../../projects/types.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../../system/errno.ts";
import { importLate } from "../../system/import_late.ts";
import { tryGetEnv } from "../../system/permissions.ts";
import { tryStat } from "../../system/try_stat.ts";
import { defineHubCommand, type HubInvocation } from "../hub_command.ts";
import { formatUsage } from "../usage_text.ts";
import { columnsOf } from "../terminal.ts";

export default defineHubCommand({
  usage: "usage [PROJECT|PATH|TRANSCRIPT]",
  about: `Shows what conversations have used, by model, day and conversation, and about what that costs:
those of a project, of a directory (by default the present one), or of one transcript. A
directory and a transcript are read without a hub.`,
  flags: {},
  examples: ["claustrum usage", "claustrum usage web --json", "claustrum usage ~/src/web"],
  arity: { least: 0, most: 1 },
  async run(invocation) {
    const { args: [what = "."], printResult } = invocation;
    const usage = await usageOf(what, invocation);
    printResult(usage, () => formatUsage(usage, columnsOf(Deno.stdout)));
    return 0;
  },
});

async function usageOf(what: string, invocation: HubInvocation<Record<never, never>>): Promise<Usage> {
  const isPath = what.includes("/") || what === "." || what === ".." || what.endsWith(".jsonl");
  if (isPath) return await usageOfPath(what, invocation);
  try {
    await using client = await invocation.connect();
    return await client.call("project.usage", { project_name: what });
  } catch (error) {
    // It is no project, and may be a directory here.
    if (!(error instanceof HubCallError) || !(await tryStat(what))?.isDirectory) throw error;
    return await usageOfPath(what, invocation);
  }
}

async function usageOfPath(path: string, { flags: { config: file } }: HubInvocation<Record<never, never>>) {
  // Modules that the other commands do not need.
  const [{ resolveHubConfig }, { transcriptPlaces }, { UsageIndex }, { summarize }] = await Promise.all([
    importLate<typeof import("../../hub/config.ts")>(import.meta.resolve("../../hub/config.ts")),
    importLate<typeof import("../../projects/usage_places.ts")>(import.meta.resolve("../../projects/usage_places.ts")),
    importLate<typeof import("../../projects/usage_index.ts")>(import.meta.resolve("../../projects/usage_index.ts")),
    importLate<typeof import("../../projects/usage_summary.ts")>(
      import.meta.resolve("../../projects/usage_summary.ts"),
    ),
  ]);
  const { config } = await resolveHubConfig({ file });
  if (config.usage.mode === "off") throw new ClaustrumError("usage is not shown: usage.mode is off");
  const home = tryGetEnv("HOME");
  if (home === undefined) throw new ClaustrumError("HOME is not set: transcripts are in the home directory");
  const real = await resolvePath(path);
  // A transcript, or a directory of them, is taken as it is.
  const isOwn = real.endsWith(".jsonl") || real.startsWith(`${home}/.claude/projects/`);
  using index = await UsageIndex.open();
  return summarize(await index.read(real, isOwn ? [real] : await transcriptPlaces(home, real)), config.usage);
}

async function resolvePath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new ClaustrumError(`cannot read ${path}: ${errnoText(error)}`, { cause: error });
  }
}
