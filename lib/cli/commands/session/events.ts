import type { HubClient } from "../../../hub/hub_client.ts";
import type { SessionEvent } from "../../../sessions/types.ts";
import { formatEvent, retryTime } from "../../event_text.ts";
import { BROKEN_PIPE } from "../../exit_code.ts";
import { defineHubCommand } from "../../hub_command.ts";
import { stderrStatusLine } from "../../progress_bar.ts";
import { storedEvents } from "../../session_events.ts";
import { columnsOf } from "../../terminal.ts";
import { allowsColor } from "../../terminal_text.ts";
import { writeStdout } from "../../write_stdout.ts";

const COUNTDOWN_MS = 1_000;

export default defineHubCommand({
  usage: "session events NAME [-f] [--after N]",
  about: `Prints what was said and done in a session, from the beginning. With --json it prints an
array of events; with -f too, one message in a line, as the hub sends them.`,
  flags: {
    follow: { kind: "boolean", short: "f", help: "go on with what comes, until ctrl-C" },
    after: { kind: "integer", value: "N", help: "begin after the event with the id N" },
  },
  exitCodes: "0 printed, 1 there is no such session, 2 wrong arguments, 3 no hub could be reached or it is gone, " +
    "141 nobody reads it any more",
  examples: [
    "claustrum session events web",
    "claustrum session events web -f",
    "claustrum session events web -f --json",
  ],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ flags: { follow, after = 0, json }, args: [name = ""], connect }) {
    await using client = await connect();
    const { id, name: session } = await client.call("session.get", { session_name: name });
    const events = { client, id, session, after };
    if (json) return follow ? await followJson(events) : await printJson(events);
    return follow ? await followText(events) : await printText(events);
  },
});

/** Which events to print. */
interface Events {
  readonly client: HubClient;
  readonly id: string;
  readonly session: string;
  readonly after: number;
}

async function printJson({ client, id, after }: Events): Promise<number> {
  let separator = "[";
  for await (const event of storedEvents(client, id, after)) {
    if (!await writeStdout(`${separator}${JSON.stringify(event)}`)) return BROKEN_PIPE;
    separator = ",\n";
  }
  return await writeStdout(separator === "[" ? "[]\n" : "]\n") ? 0 : BROKEN_PIPE;
}

async function followJson({ client, id, after }: Events): Promise<number> {
  for await (const message of client.follow({ after, sessions: [id] })) {
    if (!await writeStdout(`${JSON.stringify(message)}\n`)) return BROKEN_PIPE;
  }
  return 0;
}

async function printText({ client, id, session, after }: Events): Promise<number> {
  for await (const event of storedEvents(client, id, after)) {
    if (!await printEvent(event, session)) return BROKEN_PIPE;
  }
  return 0;
}

async function followText({ client, id, session, after }: Events): Promise<number> {
  let countdown: Disposable | undefined;
  try {
    for await (const message of client.follow({ after, sessions: [id] })) {
      if (message.type !== "event") continue;
      countdown?.[Symbol.dispose]();
      if (!await printEvent(message.event, session)) return BROKEN_PIPE;
      countdown = countDown(retryTime(message.event));
    }
  } finally {
    countdown?.[Symbol.dispose]();
  }
  return 0;
}

async function printEvent(event: SessionEvent, session: string): Promise<boolean> {
  const text = formatEvent(event, { session, columns: columnsOf(Deno.stdout), isColored: allowsColor(Deno.stdout) });
  return text === undefined || await writeStdout(`${text}\n`);
}

/** Shows on a terminal how long it is until a time; `undefined` if it is over. */
function countDown(until: number | undefined): Disposable | undefined {
  if (until === undefined || until <= Date.now() || !Deno.stdout.isTerminal() || !Deno.stderr.isTerminal()) {
    return undefined;
  }
  const line = stderrStatusLine();
  const update = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    line.show(seconds > 0 ? `next attempt in ${seconds} s` : "trying again");
  };
  update();
  const timer = setInterval(update, COUNTDOWN_MS);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      line.clear();
    },
  };
}
