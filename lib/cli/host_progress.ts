/**
 * Shows how far an installation on a host is.
 *
 * @module
 */

import type { HostInstall } from "../hosts/types.ts";
import type { HubClient } from "../hub/hub_client.ts";
import { HubUnreachableError } from "../hub/hub_errors.ts";
import { formatBytes, stderrStatusLine } from "./progress_bar.ts";
import { toOneLine } from "./terminal_text.ts";

/** What a step does, in words. */
const STEPS: Readonly<Record<HostInstall["step"], string>> = {
  probing: "looking at it",
  sending: "sending the release",
  checking: "checking what arrived",
  restarting: "restarting what runs",
  starting: "starting its hub",
  removing: "removing it",
};

/** Formats the progress of an installation in one line. */
export function formatInstall(name: string, { step, sent, total }: HostInstall): string {
  const amount = sent === undefined || total === undefined ? "" : `: ${formatBytes(sent)} of ${formatBytes(total)}`;
  return toOneLine(`${name}: ${STEPS[step]}${amount}`);
}

/**
 * Shows the progress of an installation on the terminal while it runs.
 *
 * @param isShown Whether anything is shown.
 * @param work The installation.
 */
export async function withProgress<T>(
  client: HubClient,
  name: string,
  isShown: boolean,
  work: () => Promise<T>,
): Promise<T> {
  if (!isShown) return await work();
  using line = stderrStatusLine();
  const end = new AbortController();
  const showing = show();
  try {
    return await work();
  } finally {
    end.abort();
    await showing;
  }

  async function show(): Promise<void> {
    try {
      for await (const message of client.follow({ watch: ["hosts"], signal: end.signal })) {
        if (message.type !== "notice" || message.topic !== "hosts" || !("host" in message)) continue;
        if (message.host.name !== name) continue;
        if (message.host.install !== undefined) line.show(formatInstall(name, message.host.install));
      }
    } catch (error) {
      // The work fails, too, and says why.
      if (!end.signal.aborted && !(error instanceof HubUnreachableError)) throw error;
    }
  }
}
