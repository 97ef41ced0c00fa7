import { defineHubCommand } from "../../hub_command.ts";

export default defineHubCommand({
  usage: "host nats-permissions [READER...]",
  about: `Prints a part of the configuration of nats-server for the hubs that are known: each
has its nkey, publishes its own subjects and answers what it is asked. READERs also
show the others and ask them; without any, that is this hub alone. A hub has an nkey
when its hub.toml names nats.nkey_file; the file is made if it is not there.`,
  flags: {},
  examples: ["claustrum host nats-permissions >claustrum.conf", "claustrum host nats-permissions desk laptop"],
  exitCodes: "0 done, 1 a hub has no nkey or there is no NATS, 2 wrong arguments, 3 no hub could be reached",
  arity: { least: 0, most: 100 },
  async run({ args, connect, printResult }) {
    await using client = await connect();
    const readers = args.length === 0 ? {} : { readers: args.join(",") };
    const result = await client.call("hosts.nats_permissions", readers);
    printResult(result, () => result.configuration);
    return result.without_key.length === 0 ? 0 : 1;
  },
});
