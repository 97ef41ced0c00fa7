/**
 * Changes what a session is called and how its agent works.
 *
 * @module
 */

import { setModeLine, setModelLine } from "../agent/requests.ts";
import type { Changes } from "./changes.ts";
import { checkName } from "./references.ts";
import type { SessionList } from "./session_list.ts";
import type { SessionRunner } from "./session_runner.ts";
import { BYPASS, bypassPath, checkMode, type StartChecks } from "./start_checks.ts";
import { isLive } from "./state.ts";
import type { SessionChanges } from "./types.ts";

/** What is needed to change a session. */
export interface ConfigureOptions {
  /** All sessions. */
  readonly sessions: SessionList;
  /** Changes of sessions. */
  readonly changes: Changes;
  /** What has to hold before a session may bypass permissions. */
  readonly checks: StartChecks;
}

/**
 * Changes a session; an agent that runs is told first.
 *
 * @throws {SessionError} If a value is not possible, or the agent refuses it.
 */
export async function configureSession(
  runner: SessionRunner,
  wanted: SessionChanges,
  { sessions, changes, checks }: ConfigureOptions,
): Promise<void> {
  const { record } = runner;
  const { name, model, permission_mode: mode, policy, confirm } = wanted;
  if (name !== undefined && name !== record.name) checkName(name, sessions.names());
  if (mode !== undefined) checkMode(mode);
  if (mode === BYPASS || policy === "allow") checks.checkBypass(bypassPath(record), confirm);
  const isTalking = isLive(record.state) && record.state.mode === "subprocess";
  if (mode !== undefined && isTalking) await runner.request((id) => setModeLine(id, mode));
  if (model !== undefined && isTalking) await runner.request((id) => setModelLine(id, model));
  changes.run(() => {
    if (name !== undefined) runner.set({ name });
    if (model !== undefined) runner.set({ chosenModel: model, model });
    if (mode !== undefined) {
      runner.set({ permissionMode: mode });
      runner.note("mode", undefined, { permission_mode: mode });
    }
    if (policy !== undefined) runner.set({ policy });
  });
}
