/** Appends events in transactions of random size until it is killed; prints the last id after each. */
import { Store } from "../../lib/store/store.ts";
import { seededRandom } from "../helpers/random.ts";
import { newEvent } from "./rows.ts";

const [path = "", seed = "1"] = Deno.args;
const random = seededRandom(Number(seed));
const encoder = new TextEncoder();
using store = Store.open(path);
for (;;) {
  const of = 1 + Math.floor(random() * 40);
  store.transaction(() => {
    for (let i = 1; i <= of; i++) {
      const payload = JSON.stringify({ i, of, pad: "x".repeat(Math.floor(random() * 2_000)) });
      const seq = (store.events.lastOf("a")?.seq ?? 0) + 1;
      store.events.append(newEvent("a", seq, { payload, text: `word seq${seq}`, uuid: `uuid-${seq}` }));
    }
  });
  if (random() < 0.2) store.events.search({ query: "word", limit: 1 });
  Deno.stdout.writeSync(encoder.encode(`${store.events.lastId}\n`));
}
