/**
 * The main module of the program that writes recaps. It imports little, because a conversation begins after it has ended.
 *
 * @module
 */

import type { AnyCommand } from "./command.ts";
import recap from "./commands/remote/recap.ts";
import { parseInvocation } from "./parse.ts";

const command: AnyCommand = recap;
const invocation = await parseInvocation("remote recap", command, Deno.args);
const program = { commands: {}, isMain: () => true };
Deno.exit(invocation === undefined ? 0 : await command.run(invocation, program));
