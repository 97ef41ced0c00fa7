import type { HubClient } from "../../../hub/hub_client.ts";
import type { Session } from "../../../sessions/types.ts";
import { EventPrinter } from "../../event_printer.ts";
import { retryTime } from "../../agent_event_text.ts";
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
    "141 stdout has no reader",
  examples: [
    "claustrum session events web",
    "claustrum session events web -f",
    "claustrum session events web -f --json",
  ],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ flags: { follow, after = 0, json }, args: [name = ""], connect }) {
    await using client = await connect();
    const session = await client.call("session.get", { session_name: name });
    const events = { client, session, after };
    if (json) return follow ? await followJson(events) : await printJson(events);
    return follow ? await followText(events) : await printText(events);
  },
});

/** Which events to print. */
interface Events {
  readonly client: HubClient;
  readonly session: Session;
  readonly after: number;
}

async function printJson({ client, session: { id }, after }: Events): Promise<number> {
  let separator = "[";
  for await (const event of storedEvents(client, id, after)) {
    if (!await writeStdout(`${separator}${JSON.stringify(event)}`)) return BROKEN_PIPE;
    separator = ",\n";
  }
  return await writeStdout(separator === "[" ? "[]\n" : "]\n") ? 0 : BROKEN_PIPE;
}

async function followJson({ client, session: { id }, after }: Events): Promise<number> {
  for await (const message of client.follow({ after, sessions: [id] })) {
    if (!await writeStdout(`${JSON.stringify(message)}\n`)) return BROKEN_PIPE;
  }
  return 0;
}

async function printText(events: Events): Promise<number> {
  const printer = await printerOf(events);
  for await (const event of storedEvents(events.client, events.session.id, events.after)) {
    if (!await printLines(printer.event(event, layout()))) return BROKEN_PIPE;
  }
  return await printLines(printer.rest(layout())) ? 0 : BROKEN_PIPE;
}

/** Returns a printer that knows the prompts and permissions which the events to print refer to. */
async function printerOf({ client, session, after }: Events): Promise<EventPrinter> {
  const printer = new EventPrinter(session);
  if (after === 0) return printer;
  for await (const event of storedEvents(client, session.id, 0, "prompt,permission")) {
    if (event.id > after) break;
    printer.remember(event);
  }
  return printer;
}

async function followText(events: Events): Promise<number> {
  const { client, session, after } = events;
  const printer = await printerOf(events);
  let countdown: Disposable | undefined;
  try {
    for await (const message of client.follow({ after, sessions: [session.id] })) {
      const text = printer.message(message, layout());
      if (text === undefined && message.type !== "event") continue;
      countdown?.[Symbol.dispose]();
      if (!await printLines(text)) return BROKEN_PIPE;
      countdown = message.type === "event" ? countDown(retryTime(message.event)) : undefined;
    }
  } finally {
    countdown?.[Symbol.dispose]();
  }
  return 0;
}

function layout(): { columns: number; isColored: boolean } {
  return { columns: columnsOf(Deno.stdout), isColored: allowsColor(Deno.stdout) };
}

/** Prints lines, if there are any; returns whether stdout still has a reader. */
async function printLines(text: string | undefined): Promise<boolean> {
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
