import { assertEquals, assertStringIncludes } from "@std/assert";
import { OPERATIONS } from "../../../lib/hub/operations.ts";
import { hubWeb, type Json } from "../../helpers/hub_web.ts";
import { sessionHome } from "../../helpers/session_home.ts";
import { tempDir } from "../../helpers/temp.ts";
import { soon } from "../../helpers/wait.ts";

const CLIENT = new URL("../../openapi_client/", import.meta.url);

/** Returns the document, as a client gets it. */
async function document(basePath = ""): Promise<Json> {
  await using hub = await hubWeb({ config: `base_path = "${basePath}"\n` });
  const { json, headers } = await hub.request("/api/openapi.json", { headers: hub.owner });
  assertEquals(headers.get("content-type"), "application/json");
  return json;
}

/** Runs deno in the copy of the client. What it downloads when its cache is empty is told on stderr. */
async function deno(
  cwd: string,
  ...args: string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly output: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [args[0]!, "--quiet", ...args.slice(1)],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, ...bytes } = await soon(`deno ${args.join(" ")}`, command.output());
  const [stdout, stderr] = [bytes.stdout, bytes.stderr].map((each) => new TextDecoder().decode(each));
  return { code, stdout: stdout!, output: `${stdout}${stderr}` };
}

/** A copy of the client, with the hub's document. */
async function clientProject(openApi: unknown) {
  const directory = await tempDir();
  for (const name of ["deno.json", "deno.lock", "client.ts"]) {
    await Deno.copyFile(new URL(name, CLIENT), `${directory.path}/${name}`);
  }
  await Deno.writeTextFile(`${directory.path}/openapi.json`, JSON.stringify(openApi));
  return directory;
}

Deno.test("the OpenAPI document describes every operation of HTTP, with its method, path and status", async () => {
  const { paths } = await document();
  for (const { name, summary, http } of OPERATIONS) {
    if (http === undefined) continue;
    const { operationId, summary: described, responses } =
      paths[http.path.replaceAll(/:(\w+)/g, "{$1}")][http.method.toLowerCase()];
    assertEquals([operationId, described], [name, summary]);
    const { status = 200, otherStatus = status } = http;
    assertEquals(Object.keys(responses), [...new Set([status, otherStatus])].sort().map(String).concat("default"));
  }
});

Deno.test("the OpenAPI document says where parameters go, and which are required", async () => {
  const { paths } = await document();
  const part = paths["/api/events/{id}"].get;
  assertEquals(part.requestBody, undefined);
  assertEquals(part.parameters.map((each: Json) => [each.name, each.in, each.required, each.schema.type]), [
    ["id", "path", true, "integer"],
    ["offset", "query", false, "integer"],
    ["length", "query", false, "integer"],
  ]);
  const { required, content } = paths["/api/permissions/{id}"].post.requestBody;
  const { schema } = content["application/json"];
  assertEquals([required, schema.required, schema.additionalProperties], [true, ["decision"], false]);
  assertEquals(schema.properties.decision.enum, ["allow", "allow_session", "deny"]);
  assertEquals(paths["/api/sessions/{id}/resume"].post.requestBody.required, false);
  assertEquals(paths["/api/sessions/{id}"].delete.requestBody.required, false);
  assertEquals(paths["/api/tokens/{token}"].delete.requestBody, undefined);
});

Deno.test("the OpenAPI document says which routes need no sign-in", async () => {
  const { paths, security } = await document();
  assertEquals(security, [{ token: [] }, { cookie: [], pageKey: [] }]);
  const open = Object.entries<Json>(paths).filter(([, methods]) =>
    Object.values<Json>(methods).some((each) => each.security?.length === 0)
  );
  assertEquals(open.map(([path]) => path), ["/api/sign-in", "/healthz"]);
});

Deno.test("the OpenAPI document is valid, and its references lead somewhere", async () => {
  const openApi = await document("/hub");
  assertEquals([openApi.openapi, openApi.servers], ["3.1.0", [{ url: "/hub" }]]);
  await using project = await clientProject(openApi);
  const { code, output } = await deno(project.path, "task", "validate");
  assertEquals([code, JSON.parse(output)], [0, { valid: true }]);
  const references = [...JSON.stringify(openApi).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  const missing = references.filter(([, name]) => openApi.components.schemas[name!] === undefined);
  assertEquals([references.length > 20, missing], [true, []]);
});

Deno.test("a client that is generated from the OpenAPI document type-checks, and drives a session", async () => {
  await using home = await sessionHome();
  const { stdout } = await home.run(["hub", "start", "--json"], { env: { CLAUSTRUM_LISTEN: "127.0.0.1:0" } });
  const { url, token_file } = JSON.parse(stdout);
  const token = (await Deno.readTextFile(token_file)).trim();
  const response = await fetch(`${url}/api/openapi.json`, { headers: { authorization: `Bearer ${token}` } });
  await using project = await clientProject(await response.json());
  for (const task of ["generate", "check"]) {
    const { code, output } = await deno(project.path, "task", task);
    assertEquals(code, 0, output);
  }
  const { code, stdout: said, output } = await deno(project.path, "task", "start", url, token, home.work);
  assertEquals(code, 0, output);
  assertEquals(JSON.parse(said), {
    status: "idle",
    turns: 1,
    prompt_status: "sent",
    tool: "Bash",
    isComplete: true,
    problem: -32004,
    stopped: "stopped",
  });
});

Deno.test("a client that is generated from the OpenAPI document does not type-check if it mistakes a name", async () => {
  await using project = await clientProject(await document());
  assertEquals((await deno(project.path, "task", "generate")).code, 0);
  const mistakes = [
    ['decision: "allow"', 'decision: "alow"'],
    ["body: { path,", "body: { dir: path,"],
    ["idle.turns", "idle.turn"],
    ['hub.GET("/api/permissions")', 'hub.GET("/api/permission")'],
    ['path: { id: "nobody" }', 'path: { name: "nobody" }'],
  ] as const;
  let client = await Deno.readTextFile(`${project.path}/client.ts`);
  for (const [right, wrong] of mistakes) {
    assertStringIncludes(client, right);
    client = client.replace(right, wrong);
  }
  await Deno.writeTextFile(`${project.path}/client.ts`, client);
  const { code, output } = await deno(project.path, "task", "check");
  const lines = client.split("\n");
  const wrongLines = [...output.matchAll(/client\.ts:(\d+):/g)].map(([, line]) => lines[Number(line) - 1]!);
  assertEquals(code, 1);
  for (const [, wrong] of mistakes) assertEquals(wrongLines.some((line) => line.includes(wrong)), true, wrong);
});
