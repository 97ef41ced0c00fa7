import { assertEquals } from "@std/assert";
import { hubWeb } from "../../helpers/hub_web.ts";

/** Returns the directives of a response's policy, by name. */
async function policyOf(path: string): Promise<Map<string, string>> {
  await using hub = await hubWeb();
  const { status, headers } = await hub.request(path);
  assertEquals(status, 200);
  const directives = (headers.get("content-security-policy") ?? "").split("; ");
  return new Map(directives.map((each) => [each.split(" ")[0]!, each.split(" ").slice(1).join(" ")]));
}

Deno.test("the page's policy allows scripts of the hub alone, and no frame around it", async () => {
  const policy = await policyOf("/");
  assertEquals([...policy.values()].filter((value) => value.includes("unsafe")), []);
  assertEquals([policy.get("default-src"), policy.get("script-src")], ["'none'", "'self'"]);
  assertEquals([policy.get("connect-src"), policy.get("form-action"), policy.get("base-uri")], [
    "'self'",
    "'none'",
    "'none'",
  ]);
  assertEquals(policy.get("frame-ancestors"), "'none'");
  assertEquals([policy.get("require-trusted-types-for"), policy.get("trusted-types")], ["'script'", "claustrum"]);
});
