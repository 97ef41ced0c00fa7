import type { FollowMessage, HubClient } from "../../../hub/hub_client.ts";
import type { CloneJob } from "../../../projects/types.ts";
import { defineHubCommand, HUB_UNREACHABLE } from "../../hub_command.ts";
import { print, printMessage } from "../../print.ts";
import { stderrStatusLine } from "../../progress_bar.ts";
import { formatClone } from "../../clone_text.ts";
import { abortOnTermination } from "../../termination_signal.ts";
import { toOneLine } from "../../terminal_text.ts";

export default defineHubCommand({
  usage: "project clone URL [NAME] [--shallow]",
  about: `Clones a git repository into a new project, without starting anything: its code runs once a
session starts there. Ctrl-C cancels, and nothing is left. A password in the URL is used for
the clone and kept nowhere.`,
  flags: { shallow: { kind: "boolean", help: "fetch only the newest commit" } },
  exitCodes: "0 done, 1 failed, 2 wrong arguments, 3 no hub could be reached or it is gone, 130 cancelled",
  examples: [
    "claustrum project clone https://github.com/denoland/std.git",
    "claustrum project clone git@github.com:owner/repo.git work --shallow",
  ],
  arity: { least: 1, most: 2 },
  async run({ flags: { shallow, json }, args: [url = "", name], connect }) {
    await using client = await connect();
    using termination = abortOnTermination();
    const end = new AbortController();
    // Before the clone is started, so that nothing of it is missed.
    const messages = client.follow({ watch: ["clones"], signal: end.signal });
    try {
      await messages.next();
      const started = await client.call("project.clone", { url, shallow, ...(name === undefined ? {} : { name }) });
      const cancel = () =>
        void client.call("clone.cancel", { clone_id: started.id }).catch(() => {
          // It has ended by itself, which the next message tells, or the hub is gone.
        });
      if (termination.signal.aborted) cancel();
      termination.signal.addEventListener("abort", cancel, { once: true });
      const job = await whenEnded(client, messages, started, Deno.stderr.isTerminal() && !json);
      if (job === undefined) {
        printMessage("the connection to the hub is lost; the clone may go on");
        return HUB_UNREACHABLE;
      }
      if (json) print(JSON.stringify(job));
      return report(job, json, termination.exitCode);
    } finally {
      end.abort();
      await messages.return(undefined);
    }
  },
});

/** Waits until a clone has ended, and shows how far it is; `undefined` if that cannot be known. */
async function whenEnded(
  client: HubClient,
  messages: AsyncGenerator<FollowMessage>,
  started: CloneJob,
  isShown: boolean,
): Promise<CloneJob | undefined> {
  using line = isShown ? stderrStatusLine() : undefined;
  let job = started;
  while (job.status === "running") {
    line?.show(formatClone(job));
    const { done, value } = await messages.next();
    if (done) return undefined;
    if (value.type === "notice" && value.topic === "clones" && value.job.id === job.id) job = value.job;
    // After a gap in the messages.
    if (value.type === "snapshot") {
      job = (await client.call("clones.list", {})).find(({ id }) => id === started.id) ?? { ...job, status: "failed" };
    }
  }
  return job;
}

function report({ status, name, error }: CloneJob, json: boolean, interrupted: number): number {
  switch (status) {
    case "done":
      if (!json) print(`cloned ${toOneLine(name)}`);
      return 0;
    case "cancelled":
      printMessage("the clone was cancelled");
      return interrupted;
    default:
      printMessage(toOneLine(error ?? "the clone failed"));
      return 1;
  }
}
