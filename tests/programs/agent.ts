/**
 * A stand-in for the agent CLI. It behaves as the real one was measured, without a model: the first word of a prompt
 * says what the "model" does.
 *
 * - `echo TEXT`, or anything else: answers `echo: TEXT`.
 * - `recall`: answers with all earlier prompts of the conversation, joined by ` | `.
 * - `tool Bash COMMAND`, `tool Write PATH TEXT`, `tool NAME {JSON}`: asks for permission where the real one does, really
 *   does it, and answers `ran: OUTPUT` or `denied: MESSAGE`.
 * - `tools COMMAND ;; COMMAND`: two or more calls of Bash in one message, asked about one after the other.
 * - `ask QUESTION`: asks with AskUserQuestion (Red or Blue) and answers with what it was told.
 * - `plan TEXT`: asks with ExitPlanMode and answers `planned` or `denied: MESSAGE`.
 * - `script [["think", TEXT], ["say", TEXT], ["tool", "Bash COMMAND"], …]`: does all of it in one turn; `stall` says a text
 *   and never ends.
 * - `stall`: begins to answer (`one two three `) and never ends until interrupted.
 * - `slow N MS`: answers in N pieces, MS milliseconds apart.
 * - `burst N BYTES`: N messages of BYTES bytes of text each, then `burst over`.
 * - `drip PATH MS`: a message every MS milliseconds until there is a file PATH, then `drip over`.
 * - `line BYTES`: one message with BYTES bytes of text.
 * - `split TEXT`: answers with a line in two halves, with a line on stderr in between.
 * - `stderr TEXT`: writes a line to stderr, then answers `said`.
 * - `garbage`: writes a line that is no JSON, then answers `said`.
 * - `binary`: writes a line that is no UTF-8, then answers `said`.
 * - `unknown`: writes messages of types that nobody knows, then answers `said`.
 * - `request`: sends a control request that nobody knows, and answers with the error that it gets.
 * - `crash CODE`: exits at once in the middle of the turn. `half CODE`: likewise, after half a line.
 * - `suicide`: kills itself with SIGKILL. `exit`: ends the turn, then the process with 0.
 * - `background DELAY HOLD`: answers `started`; DELAY ms later, a turn by itself, in which a tool runs for HOLD ms.
 * - `error`: an API error. `retry`: two announced retries, then `said`.
 * - `env NAME`, `args`, `cwd`: answers with a variable, the arguments as JSON, the directory.
 * - `/clear`, `/cost`, `/exit`: as the real one.
 *
 * In a terminal it shows the conversation so far, answers typed lines (`echo`, `recall`, `tool`), and knows `/exit` and
 * `/clear`.
 *
 * It also knows `remote-control`, `--remote-control` and `agents --json`: see `stand_in_agent/remote.ts`.
 *
 * Variables: `STAND_IN_LOG_DIR` (see `helpers/stand_in_agent.ts`), `STAND_IN_START_MS` (delays the start),
 * `STAND_IN_SILENT` (never answers `initialize`), `STAND_IN_REFUSES` (refuses it with this text), and
 * `STAND_IN_PROMPTS` (what other prompts mean, as a JSON object).
 *
 * @module
 */

import { readArguments } from "./stand_in_agent/arguments.ts";
import { Conversation } from "./stand_in_agent/conversation.ts";
import { Output } from "./stand_in_agent/output.ts";
import { listAgents, runRemoteControl } from "./stand_in_agent/remote.ts";
import { runStream } from "./stand_in_agent/stream.ts";
import { runTerminal } from "./stand_in_agent/terminal.ts";

const [first, second] = Deno.args;
if (import.meta.main && first === "remote-control") await runRemoteControl(Deno.args.slice(1));
else if (import.meta.main && first === "agents" && second === "--json") listAgents();
else if (import.meta.main) {
  const options = readArguments(Deno.args);
  const conversation = Conversation.open(options);
  if (options.isStream) await runStream(options, conversation, new Output(conversation.id));
  else await runTerminal(options, conversation);
}
