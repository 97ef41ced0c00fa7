import { assertEquals, assertStringIncludes } from "@std/assert";
import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from "@nats-io/jwt";
import { nkeys } from "@nats-io/nats-core";
import { natsHub } from "../../helpers/nats_hub.ts";
import { hasNats, startNatsServer } from "../../helpers/nats_server.ts";
import { needing } from "../../helpers/program.ts";
import { tempDir } from "../../helpers/temp.ts";
import { waitFor } from "../../helpers/wait.ts";

/** A server that knows nobody but by what its operator has signed, and users of it. */
async function operatorWorld() {
  const [operator, system, account] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount()];
  const [systemKey, accountKey] = [system.getPublicKey(), account.getPublicKey()];
  const signer = { signer: operator };
  const limits = { disk_storage: -1, mem_storage: -1, streams: -1, consumer: -1 };
  const unlimited = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const jwts = {
    operator: await encodeOperator("operator", operator, { system_account: systemKey }),
    system: await encodeAccount("SYS", system, {}, signer),
    account: await encodeAccount("hubs", account, { limits: { ...unlimited, ...limits } }, signer),
  };
  const lines = [
    `operator: ${jwts.operator}`,
    `system_account: ${systemKey}`,
    "resolver: MEMORY",
    `resolver_preload: { ${systemKey}: ${jwts.system}, ${accountKey}: ${jwts.account} }`,
  ];
  return {
    server: await startNatsServer({ lines: lines.join("\n") }),
    /** Returns the credentials of a user; those of a stranger are signed by nobody whom the server knows. */
    async creds(name: string, isStranger = false): Promise<string> {
      const user = nkeys.createUser();
      const issuer = isStranger ? nkeys.createAccount() : account;
      return new TextDecoder().decode(fmtCreds(await encodeUser(name, user, issuer, {}), user));
    },
  };
}

Deno.test({
  ...needing(
    "hubs sign in with credentials, and whoever the operator has not signed is refused",
    hasNats(),
    "nats-server",
  ),
  async fn() {
    await using dir = await tempDir();
    const world = await operatorWorld();
    await using server = world.server;
    const { url } = server;
    const table = async (name: string, isStranger = false) => {
      const file = `${dir.path}/${name}.creds`;
      await Deno.writeTextFile(file, await world.creds(name, isStranger), { mode: 0o600 });
      return { url, creds: file };
    };
    await using far = await natsHub("far", await table("far"));
    await using near = await natsHub("near", await table("near"));
    far.sessions.create("s1");
    await waitFor("the session", () => near.hosts.sessions.length === 1);
    await near.hosts.mirror("far").call("prompt.send", { session_name: "s1", prompt: "hello" });
    assertEquals(far.sessions.stored.length, 1);
    const { without_key } = await near.nats.permissions([]);
    assertEquals(without_key, []);

    await using stranger = await natsHub("stranger", await table("stranger", true));
    await waitFor("the refusal", () => /cannot connect.*authoriz/i.test(stranger.log()));
    await using lost = await natsHub("lost", { url, creds: `${dir.path}/none.creds` });
    await waitFor("the missing file", () => lost.log().includes("none.creds"));
    assertStringIncludes(lost.log(), `cannot read ${dir.path}/none.creds`);
  },
});
