import { assertEquals, assertStringIncludes } from "@std/assert";
import { hubWeb } from "../../helpers/hub_web.ts";

Deno.test("GET /api/search takes rank, and gives the newest or the best first", async () => {
  await using web = await hubWeb();
  for (const text of ["word one", "word two"]) web.sessions.add("s", { text });
  const search = async (query: string) => (await web.request(`/api/search?${query}`, { headers: web.owner }));
  const ids = async (query: string) => (await search(query)).json.map(({ id }: { id: number }) => id);
  assertEquals(await ids("query=word"), [2, 1]);
  assertEquals(await ids("query=word&rank=false"), [2, 1]);
  // The sessions of this test think that what is oldest is best.
  assertEquals(await ids("query=word&rank=true"), [1, 2]);
  const wrong = await search("query=word&rank=yes");
  assertEquals(wrong.status, 422);
  assertStringIncludes(wrong.json.detail, "rank");
});
