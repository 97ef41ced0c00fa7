import { assertEquals } from "@std/assert";
import { needing } from "../helpers/program.ts";
import { cutOften } from "./cut_line.ts";
import { LINES } from "./lines.ts";

/** How often each line is cut; `deno task cuts` does it 1,000 times. */
const CUTS = 30;
/** To log in again takes some time. */
const SSH_CUTS = 12;

for (const [name, { programs, isPossible, open }] of Object.entries(LINES)) {
  const cuts = name === "ssh" ? SSH_CUTS : CUTS;
  Deno.test({
    ...needing(`each event comes once and in order over ${name}, which is cut ${cuts} times`, isPossible(), programs),
    async fn() {
      await using line = await open();
      assertEquals((await cutOften(line, { cuts })).cuts, cuts);
    },
  });
}
