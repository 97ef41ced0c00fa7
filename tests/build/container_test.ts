import { assertEquals } from "@std/assert";
import { parse } from "@std/yaml/parse";
import { hubWeb } from "../helpers/hub_web.ts";

const DIRECTORY = new URL("../../.github/container/", import.meta.url).pathname;

async function run(file: string, env: Record<string, string>): Promise<{ code: number; stderr: string }> {
  const { PATH = "/usr/bin:/bin" } = Deno.env.toObject();
  const { code, stderr } = await new Deno.Command(`${DIRECTORY}${file}`, { env: { PATH, ...env }, clearEnv: true })
    .output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("the container's health check fails when no hub answers, and passes when one does", async () => {
  await using hub = await hubWeb();

  assertEquals(await run("healthcheck", { CLAUSTRUM_LISTEN: `0.0.0.0:${hub.port}` }), { code: 0, stderr: "" });
  assertEquals((await run("healthcheck", { CLAUSTRUM_LISTEN: "0.0.0.0:1" })).code, 1);
});

for (
  const [name, value, expected] of [
    ["PUID", "me", 'claustrum: PUID "me" must be a number\n'],
    ["PGID", "-1", 'claustrum: PGID "-1" must be a number\n'],
    ["PUID", "0", "claustrum: PUID 0 would run agents as root: name another user\n"],
  ] as const
) {
  Deno.test({
    name: `the container's entry point refuses ${name}=${value}`,
    ignore: Deno.uid() !== 0, // only root can become another user
    async fn() {
      assertEquals(await run("entrypoint", { [name]: value }), { code: 2, stderr: expected });
    },
  });
}

Deno.test("the compose file opens the page for this machine alone, and takes the password from a secret", async () => {
  const { services } = parse(await Deno.readTextFile(`${DIRECTORY}compose.yaml`)) as {
    services: { claustrum: { ports: string[]; environment: Record<string, string>; secrets: string[] } };
  };
  const { ports, environment, secrets } = services.claustrum;
  assertEquals(ports, ["127.0.0.1:7621:7621"]);
  assertEquals(environment.CLAUSTRUM_AUTH_PASSWORD_HASH_FILE, `/run/secrets/${secrets[0]}`);
});
