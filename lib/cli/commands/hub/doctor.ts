import type { DoctorCheck } from "../../../hub/operation_types.ts";
import type { HubPaths } from "../../../hub/hub_paths.ts";
import { StoreError } from "../../../store/store_error.ts";
import { isThere } from "../../../system/private_files.ts";
import { defineCommand } from "../../command.ts";
import { checkHub } from "../../hub_checks.ts";
import { hubPathsOf } from "../../hub_connection.ts";
import { HUB_PLACE_FLAGS } from "../../hub_request.ts";
import { print, printText } from "../../print.ts";
import { toOneLine } from "../../terminal_text.ts";
import { formatVerdict } from "../../verdict.ts";

const VERDICTS = { ok: "ok", warning: "warn", error: "fail" } as const;

export default defineCommand({
  usage: "hub doctor [--check-database] [--state-dir DIR] [--config FILE] [--json]",
  about: `Checks the hub and what it needs: its files, its configuration, its web address, the
daemon, the agent and other programs. Says what to do about each problem. It asks the
hub; if none runs, it checks what can be checked without one.`,
  flags: {
    ...HUB_PLACE_FLAGS,
    "check-database": { kind: "boolean", help: "also read all of the database and look for damage" },
    json: { kind: "boolean", help: "print the result as JSON" },
  },
  exitCodes: "0 no check fails, 1 a check fails, 2 wrong arguments",
  examples: ["claustrum hub doctor", "claustrum hub doctor --check-database"],
  async run({ flags }) {
    const paths = hubPathsOf(flags);
    const checks = [
      ...(await checkHub({ paths, config: flags.config })).checks,
      ...(flags["check-database"] ? [await checkIntegrity(paths)] : []),
    ];
    if (flags.json) print(JSON.stringify(checks));
    else printText(format(checks));
    return checks.some(({ status }) => status === "error") ? 1 : 0;
  },
});

function format(checks: readonly DoctorCheck[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks.map(({ name, status, message, advice }) => {
    const text = toOneLine(advice === undefined ? message : `${message}: ${advice}`);
    return `${formatVerdict(VERDICTS[status])}  ${toOneLine(name).padEnd(width)}  ${text}`;
  }).join("\n");
}

async function checkIntegrity({ database }: HubPaths): Promise<DoctorCheck> {
  const name = "database check";
  if (!await isThere(database)) return { name, status: "ok", message: "there is no database yet" };
  const { inspectStore } = await import("../../../store/integrity.ts");
  const advice = "restore a backup: claustrum hub restore FILE";
  try {
    const { damage: [first, ...more] } = inspectStore(database);
    if (first === undefined) return { name, status: "ok", message: "no damage" };
    const others = more.length === 0 ? "" : `, and ${more.length} more`;
    return { name, status: "error", message: `damaged: ${first}${others}`, advice };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { name, status: "error", message: error.message, advice };
  }
}
