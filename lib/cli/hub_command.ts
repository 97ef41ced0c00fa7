/**
 * Defines commands that talk to the hub: their common flags, the connection, and the exit code if there is no hub.
 *
 * @module
 */

import type { HubClient } from "../hub/hub_client.ts";
import { isForwardable } from "../hub/hosts/forwarding.ts";
import { HubUnreachableError } from "../hub/hub_errors.ts";
import { type AnyCommand, type Command, defineCommand, type FlagSpecs, type FlagValues } from "./command.ts";
import type { RunningProgram } from "./command.ts";
import { connectToHub, HUB_FLAGS, NoHubError } from "./hub_connection.ts";
import { print, printMessage } from "./print.ts";

/** The exit code if the hub cannot be reached. */
export const HUB_UNREACHABLE = 3;

const COMMON_FLAGS = {
  json: { kind: "boolean", help: "print the result as JSON" },
  ...HUB_FLAGS,
} as const satisfies FlagSpecs;

/** The flag of commands whose operations can run on another host. */
const HOST_FLAG = {
  host: { kind: "string", value: "NAME", help: "do it on another host that the hub shows" },
} as const satisfies FlagSpecs;

/** The groups of such commands. */
const GROUPS_WITH_HOSTS = /^(?:session|project|remote)\b/;

/** The flags that choose a hub. */
export type HubFlags = FlagValues<typeof HUB_FLAGS>;

/** How a command is called that talks to the hub. */
export interface HubInvocation<F extends FlagSpecs> {
  /** The flags. */
  readonly flags: FlagValues<F> & FlagValues<typeof COMMON_FLAGS>;
  /** The arguments. */
  readonly args: readonly string[];
  /**
   * Connects to the hub.
   *
   * @throws {NoHubError} If no hub is running and none was started.
   */
  connect(): Promise<HubClient>;
  /** Prints a result: as JSON if that is wanted, else as text. */
  printResult(result: unknown, describe: () => string): void;
}

/** A command that talks to the hub. */
export interface HubCommand<F extends FlagSpecs> extends Omit<Command<F>, "exitCodes" | "failureCode" | "run"> {
  /** What its exit codes mean, in one line. @default {those of all commands of this kind} */
  readonly exitCodes?: string;
  /** Runs it; returns the exit code. */
  run(invocation: HubInvocation<F>): Promise<number>;
}

/** Defines a command that talks to the hub; its usage is completed by `[--json]`. */
export function defineHubCommand<const F extends FlagSpecs>(command: HubCommand<F>): AnyCommand {
  return defineCommand<FlagSpecs>({
    exitCodes: "0 done, 1 failed, 2 wrong arguments, 3 no hub could be reached",
    ...command,
    usage: `${command.usage} [--json]`,
    flags: { ...command.flags, ...(GROUPS_WITH_HOSTS.test(command.usage) ? HOST_FLAG : {}), ...COMMON_FLAGS },
    async run({ flags: given, args }, program) {
      const flags = given as FlagValues<F> & FlagValues<typeof COMMON_FLAGS>;
      try {
        return await command.run({
          flags,
          args,
          connect: async () => onHost(await connect(flags, program), (given as { readonly host?: string }).host),
          printResult: (result, describe) => print(flags.json ? JSON.stringify(result) : describe()),
        });
      } catch (error) {
        if (!isHubUnreachable(error)) throw error;
        printMessage(error.message);
        return HUB_UNREACHABLE;
      }
    },
  });
}

/** Returns a client whose operations run on another host. */
function onHost(client: HubClient, host: string | undefined): HubClient {
  if (host === undefined) return client;
  return {
    // What each hub decides for itself takes no host.
    call: (name, params) => client.call(name, isForwardable(name) ? { ...params, host } : params),
    follow: (options) => client.follow(options),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/**
 * Connects to the hub that flags choose.
 *
 * @param flags The flags; `no-start` keeps a hub from being started.
 * @throws {NoHubError} If no hub is running and none was started.
 */
export async function connect(flags: HubFlags, program: RunningProgram): Promise<HubClient> {
  const { "state-dir": stateDir, config, "no-start": noStart } = flags;
  return await connectToHub({
    ...(stateDir === undefined ? {} : { "state-dir": stateDir }),
    ...(config === undefined ? {} : { config }),
    "no-start": noStart,
  }, program);
}

/** Whether an error says that the hub cannot be reached, or not any more. */
export function isHubUnreachable(error: unknown): error is Error {
  return error instanceof NoHubError || error instanceof HubUnreachableError;
}
