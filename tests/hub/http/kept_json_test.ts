import { assertEquals } from "@std/assert";
import { KeptJson } from "../../../lib/hub/http/kept_json.ts";

/** An object that counts how often it is serialised. */
class Counted {
  count = 0;

  toJSON(): { readonly name: string } {
    this.count++;
    return { name: "a" };
  }
}

Deno.test("KeptJson.ofArray() serialises each object once, in the order of the array", () => {
  const kept = new KeptJson();
  const [first, second] = [new Counted(), { name: "b" }];
  assertEquals(kept.ofArray([first, second]), '[{"name":"a"},{"name":"b"}]');
  assertEquals(kept.ofArray([second, first]), '[{"name":"b"},{"name":"a"}]');
  assertEquals([first.count, kept.ofArray([])], [1, "[]"]);
});
