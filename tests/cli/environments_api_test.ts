import { assertEquals, assertRejects } from "@std/assert";
import { EnvironmentsApi, EnvironmentsError } from "../../lib/cli/environments_api.ts";
import { environment, environmentsServer } from "../helpers/environments_server.ts";

const LOGIN = { token: "secret-token", organization: "org-1" };

Deno.test("EnvironmentsApi lists all pages with the person's login", async () => {
  const pages = [[environment("env_1", "/a"), { id: "odd" }], [environment("env_2", "/b")]];
  await using server = environmentsServer({ pages });
  const { environments, others } = await new EnvironmentsApi(`${server.url}/`, LOGIN).list();
  assertEquals([environments.map(({ id }) => id), others], [["env_1", "env_2"], 1]);
  assertEquals(server.requests.map(({ path }) => path), [
    "/v1/environments?limit=100",
    "/v1/environments?limit=100&after_id=1",
  ]);
  for (const { headers } of server.requests) {
    assertEquals(headers.get("authorization"), "Bearer secret-token");
    assertEquals(headers.get("x-organization-uuid"), "org-1");
  }
});

Deno.test("EnvironmentsApi archives and deletes, and never by force", async () => {
  await using server = environmentsServer();
  const api = new EnvironmentsApi(server.url, LOGIN);
  await api.archive("env_1");
  await api.delete("env_2");
  assertEquals(server.changes(), ["POST /v1/environments/env_1/archive", "DELETE /v1/environments/env_2"]);
});

const ANSWERS: readonly (readonly [string, () => Response, string])[] = [
  ["401", () => new Response("secret-token", { status: 401 }), "does not accept the login: sign in again with"],
  ["409", () => new Response("", { status: 409 }), "still has work to do"],
  ["500", () => new Response("secret-token", { status: 500 }), "refuses (500)"],
  ["a redirect", () => Response.redirect("http://127.0.0.1:1/", 302), "answers with a redirect (302)"],
  ["no JSON", () => new Response("<html>"), "does not answer with a list of environments"],
  ["no list", () => Response.json({ data: {} }), "does not answer with a list of environments"],
  ["the same page for ever", () => Response.json({ data: [], next_page: "x" }), "or repeats itself"],
  ["too much", () => new Response(new Uint8Array(9 << 20)), "answers too much"],
];

for (const [what, answer, text] of ANSWERS) {
  Deno.test(`EnvironmentsApi says so when the server answers with ${what}, without the login`, async () => {
    await using server = environmentsServer({ answer });
    const error = await assertRejects(() => new EnvironmentsApi(server.url, LOGIN).list(), EnvironmentsError, text);
    assertEquals(/secret|env_/.test(error.message), false);
  });
}

Deno.test("EnvironmentsApi says so when the server cannot be reached, without the environment's id", async () => {
  await using server = environmentsServer();
  const { url } = server;
  await server[Symbol.asyncDispose]();
  const api = new EnvironmentsApi(url, LOGIN);
  const error = await assertRejects(() => api.archive("env_1"), EnvironmentsError, `${url} cannot be reached`);
  assertEquals(error.cause, undefined);
});
