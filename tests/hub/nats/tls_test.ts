import { certificate } from "../../helpers/certificate.ts";
import { natsHub } from "../../helpers/nats_hub.ts";
import { hasNats, startNatsServer } from "../../helpers/nats_server.ts";
import { needing } from "../../helpers/program.ts";
import { tempDir } from "../../helpers/temp.ts";
import { waitFor } from "../../helpers/wait.ts";

Deno.test({
  ...needing("a hub trusts the certificates of ca_file, and no others", hasNats(), "nats-server"),
  async fn() {
    await using dir = await tempDir();
    const files = { cert: `${dir.path}/cert.pem`, key: `${dir.path}/key.pem` };
    const { cert, key } = await certificate();
    await Deno.writeTextFile(files.cert, cert);
    await Deno.writeTextFile(files.key, key);
    const lines = `tls { cert_file: "${files.cert}", key_file: "${files.key}" }`;
    await using server = await startNatsServer({ lines });
    const url = `tls://localhost:${server.port}`;
    await using hub = await natsHub("far", { url, ca_file: files.cert });
    await waitFor("the connection", () => hub.log().includes("connected to"));
    await using careful = await natsHub("near", { url });
    await waitFor("the refusal", () => /cannot connect.*certificate/i.test(careful.log()));
  },
});

Deno.test({
  ...needing("a hub that has to encrypt refuses a server that cannot", hasNats(), "nats-server"),
  async fn() {
    await using server = await startNatsServer();
    await using hub = await natsHub("far", { url: `tls://localhost:${server.port}` });
    await waitFor("the refusal", () => /cannot connect.*tls/i.test(hub.log()));
  },
});

Deno.test("a hub says so when what listens is no NATS server", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      await connection.write(new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n"));
      connection.close();
    }
  })();
  {
    await using hub = await natsHub("far", { url: `nats://127.0.0.1:${listener.addr.port}` });
    await waitFor("the refusal", () => hub.log().includes("no NATS server"));
  }
  listener.close();
  await serving.catch(() => {}); // the listener is closed under it
});
