/**
 * The web address of the hub as the real command starts it.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { certificate } from "../../helpers/certificate.ts";
import { claustrum } from "../../helpers/command.ts";
import { hubHome } from "../../helpers/hub_home.ts";
import { waitFor } from "../../helpers/wait.ts";

Deno.test("claustrum hub start serves http, and its link signs a browser in", async () => {
  await using home = await hubHome();
  const { url, sign_in, token_file } = JSON.parse((await home.hub(["start", "--json"])).stdout);
  const [address, code] = sign_in.split("/#code=");
  assertEquals(address, url);
  const signIn = await fetch(`${url}/api/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify({ code }),
  });
  const { page_key } = await signIn.json();
  const cookie = signIn.headers.get("set-cookie")!.split(";")[0]!;
  const page = await fetch(`${url}/api/status`, { headers: { cookie, "x-claustrum-page": page_key } });
  assertEquals((await page.json()).url, url);
  const authorization = `Bearer ${(await Deno.readTextFile(token_file)).trim()}`;
  const sessions = await fetch(`${url}/api/sessions`, { headers: { authorization } });
  assertEquals((await sessions.json()).map(({ name }: { name: string }) => name), ["name-s"]);
});

Deno.test("claustrum hub start serves https with a certificate of the configuration", async () => {
  await using home = await hubHome();
  const { cert, key } = await certificate();
  await Deno.writeTextFile(`${home.path}/cert.pem`, cert);
  await Deno.writeTextFile(`${home.path}/key.pem`, key);
  const env = {
    CLAUSTRUM_TLS_CERT_FILE: `${home.path}/cert.pem`,
    CLAUSTRUM_TLS_KEY_FILE: `${home.path}/key.pem`,
    CLAUSTRUM_BASE_PATH: "/hub",
  };
  const { url, sign_in } = JSON.parse((await home.hub(["start", "--json"], env)).stdout);
  assertMatch(url, /^https:\/\/127\.0\.0\.1:\d+\/hub$/);
  assertEquals(sign_in.startsWith(`${url}/#code=`), true);
  using client = Deno.createHttpClient({ caCerts: [cert] });
  const response = await fetch(`${url}/healthz`, { client });
  assertEquals([await response.text(), response.headers.has("strict-transport-security")], ['{"status":"ok"}', true]);
});

Deno.test("claustrum hub stop tells live connections that the hub goes away", async () => {
  await using home = await hubHome();
  const { url, token_file } = JSON.parse((await home.hub(["start", "--json"])).stdout);
  const token = (await Deno.readTextFile(token_file)).trim();
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws/dashboard?token=${token}`);
  const { promise: closed, resolve } = Promise.withResolvers<number>();
  const types: string[] = [];
  socket.addEventListener("message", ({ data }) => void types.push(JSON.parse(data).type));
  socket.addEventListener("close", ({ code }) => resolve(code));
  await waitFor("the snapshot", () => types.length > 0);
  assertEquals((await home.hub(["stop"])).code, 0);
  assertEquals([await closed, types], [1001, ["snapshot"]]);
});

for (
  const [name, env, sentence] of [
    [
      "on the network without a way to sign in",
      { CLAUSTRUM_LISTEN: "0.0.0.0:0" },
      "cannot listen on 0.0.0.0:0, which other machines may reach, without a way to sign in: set auth.password_hash " +
      "(claustrum hub hash-password makes one), auth.proxy, or auth.allow_unauthenticated_network = true; or listen " +
      "on 127.0.0.1",
    ],
    [
      "on the network while nobody has to sign in",
      { CLAUSTRUM_LISTEN: "[::]:0", CLAUSTRUM_AUTH_DISABLED: "true" },
      "cannot listen on [::]:0, which other machines may reach, while auth.disabled = true: remove it, listen on " +
      "127.0.0.1, or set auth.allow_unauthenticated_network = true",
    ],
    [
      "with a certificate that is not there",
      { CLAUSTRUM_TLS_CERT_FILE: "/nonexistent/cert", CLAUSTRUM_TLS_KEY_FILE: "/nonexistent/key" },
      "tls.cert_file: cannot read /nonexistent/cert: ",
    ],
    [
      "with a certificate and no key",
      { CLAUSTRUM_TLS_CERT_FILE: "/nonexistent/cert" },
      "tls.cert_file is set without tls.key_file: set both or neither",
    ],
  ] as const
) {
  Deno.test(`claustrum hub start refuses to listen ${name}, and says what to do`, async () => {
    await using home = await hubHome();
    const { code, stdout, stderr } = await home.hub(["start"], env);
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, sentence);
    assertEquals((await home.hub(["status"])).code, 3);
  });
}

Deno.test("claustrum hub start listens on the network if it is told to have no way to sign in", async () => {
  await using home = await hubHome();
  const env = { CLAUSTRUM_LISTEN: "0.0.0.0:0", CLAUSTRUM_AUTH_ALLOW_UNAUTHENTICATED_NETWORK: "true" };
  const { url } = JSON.parse((await home.hub(["start", "--json"], env)).stdout);
  assertEquals(await fetch(`${url}/healthz`).then((response) => response.json()), { status: "ok" });
});

Deno.test("claustrum hub start listens on the network with a password, which signs browsers in", async () => {
  await using home = await hubHome();
  const hashed = await claustrum(home.path, ["hub", "hash-password"], { stdin: "correct horse\n" });
  assertEquals(hashed.code, 0);
  const env = {
    CLAUSTRUM_LISTEN: "0.0.0.0:0",
    CLAUSTRUM_AUTH_PASSWORD_HASH: hashed.stdout.trim().split("\n").at(-1)!,
  };
  const { url } = JSON.parse((await home.hub(["start", "--json"], env)).stdout);
  const signIn = async (password: string) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${url}/api/sign-in`, { method: "POST", headers, body: JSON.stringify({ password }) });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals([await signIn("correct house"), await signIn("correct horse")], [401, 200]);
});

Deno.test("claustrum hub start says that a port is in use, and what to do", async () => {
  await using home = await hubHome();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${listener.addr.port}`;
  const { code, stderr } = await home.hub(["start", "--listen", address]);
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    `another program uses ${address}: choose another port with --listen, or none with --no-web`,
  );
  assertEquals((await home.hub(["status"])).code, 3);
});
