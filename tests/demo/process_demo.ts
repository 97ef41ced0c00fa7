import { claustrum } from "../helpers/command.ts";
import { isExitOf, LineClient, type Message, outputOf } from "../helpers/line_client.ts";
import { tempDir } from "../helpers/temp.ts";
import { say } from "./say.ts";

const LINES = 24;
const CUT_AFTER = 7;
const AWAY_MS = 700;
const SCRIPT = `i=0; while [ $i -lt ${LINES} ]; do i=$((i+1)); echo "step $i of ${LINES}"; sleep 0.1; done`;
const EXPECTED = Array.from({ length: LINES }, (_, i) => `step ${i + 1} of ${LINES}\n`).join("");

function show(message: Message, note: string): void {
  if (message.type !== "stream") return;
  const what = message.stream === "exit" ? `exit code ${message.exitCode}` : outputOf([message]).trimEnd();
  console.log(`  seq ${String(message.seq).padStart(2)}  ${what.padEnd(16)}${note}`);
}

/** Prints frames on arrival, until one matches. */
async function follow(client: LineClient, note: string, matches: (message: Message) => boolean): Promise<Message[]> {
  const messages: Message[] = [];
  do {
    messages.push(await client.message());
    show(messages.at(-1)!, note);
  } while (!matches(messages.at(-1)!));
  return messages;
}

/**
 * Shows that a client misses no output of a process when it loses its connection.
 *
 * @returns Whether nothing is missing.
 */
export async function processDemo(): Promise<boolean> {
  await using home = await tempDir();
  const socket = `${home.path}/rpc.sock`;

  say("1. A daemon starts in the background, for this user only.");
  const started = await claustrum(home.path, ["serve", "--socket", socket]);
  if (started.code !== 0) throw new Error(started.stderr);
  console.log(started.stdout.trimEnd().replace(/^/gm, "  "));
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => void await claustrum(home.path, ["stop", "--socket", socket]));
  const token = await Deno.readTextFile(`${home.path}/daemon.token`);

  say("2. A client connects and starts a process that prints for some seconds.");
  const first = await LineClient.connect(socket, token);
  await first.send("process.spawn", { id: "job", command: "sh", args: ["-c", SCRIPT] });
  const before = await follow(first, "", (message) => message.seq === CUT_AFTER);

  say("3. The connection is lost. The process continues to print.");
  first.close();
  await new Promise((resolve) => setTimeout(resolve, AWAY_MS));

  const lastSeq = before.at(-1)!.seq!;
  say(`4. The client reconnects and requests all frames after seq ${lastSeq}.`);
  using second = await LineClient.connect(socket, token);
  const id = await second.send("process.reattach", { id: "job", fromSeq: lastSeq });
  const missed = await follow(
    second,
    "<- missed, replayed",
    (message) => message.id === id || isExitOf("job")(message),
  );
  const isDone = missed.some(isExitOf("job"));
  const rest = isDone ? [] : await follow(second, "<- live again", isExitOf("job"));

  const output = outputOf([...before, ...missed, ...rest]);
  say(
    `5. ${output.length} of ${EXPECTED.length} bytes arrived: ${
      output === EXPECTED ? "none is missing" : "SOME ARE MISSING"
    }.`,
  );

  say("6. The daemon stops, and all processes with it.");
  await claustrum(home.path, ["stop", "--socket", socket]);
  const left = [...Deno.readDirSync(home.path)].map(({ name }) => name).sort().join(", ");
  console.log(`  left in its directory, which is removed now: ${left}`);
  return output === EXPECTED;
}
