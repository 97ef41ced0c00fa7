import { assertEquals, assertThrows } from "@std/assert";
import { Changes } from "../../lib/sessions/changes.ts";
import type { LiveMessage } from "../../lib/sessions/types.ts";
import { Store } from "../../lib/store/store.ts";
import { fakeClock } from "../helpers/fake_clock.ts";

/** Changes of a store in memory, and what they have told. */
function changesWith(publish: (text: string) => void, isHeard = () => true) {
  const errors: unknown[] = [];
  const store = Store.open(":memory:");
  const changes: Changes = new Changes({
    store,
    clock: fakeClock(),
    isHeard,
    publish: (message) => publish(message.type === "delta" ? message.text! : message.type),
    onError: (error) => void errors.push(error),
  });
  return { changes, errors, [Symbol.dispose]: () => store.close() };
}

function delta(text: string): LiveMessage {
  return { type: "delta", session: "s", text };
}

Deno.test("run() does what follows from a change, and reports what a listener throws", () => {
  const done: string[] = [];
  using world = changesWith((text) => {
    done.push(text);
    if (text === "a") throw new Error("a listener's bug");
  });
  const { changes, errors } = world;
  const result = changes.run(() => {
    changes.publish(delta("a"));
    changes.publish(delta("b"));
    changes.after(() => void done.push("effect"));
    return 1;
  });
  assertEquals([result, done, errors.length], [1, ["effect", "a", "b"], 1]);
  changes.run(() => changes.publish(delta("c")));
  assertEquals(done, ["effect", "a", "b", "c"]);
});

Deno.test("run() does the other effects when one throws", () => {
  const done: string[] = [];
  using world = changesWith((text) => void done.push(text));
  const { changes, errors } = world;
  changes.run(() => {
    changes.after(() => {
      throw new Error("a bug");
    });
    changes.after(() => void done.push("effect"));
    changes.publish(delta("a"));
  });
  assertEquals([done, errors.length], [["effect", "a"], 1]);
});

Deno.test("messages keep the order of the changes when a listener makes a change", () => {
  const told: string[] = [];
  let effects = 0;
  using world = changesWith((text) => {
    told.push(text);
    if (text !== "a") return;
    changes.run(() => {
      changes.publish(delta("c"));
      changes.after(() => void effects++);
    });
    assertEquals(effects, 1);
  });
  const { changes } = world;
  changes.run(() => {
    changes.publish(delta("a"));
    changes.publish(delta("b"));
  });
  assertEquals(told, ["a", "b", "c"]);
});

Deno.test("messages keep the order of the changes when an effect makes a change", () => {
  const told: string[] = [];
  using world = changesWith((text) => void told.push(text));
  const { changes } = world;
  changes.run(() => {
    changes.publish(delta("a"));
    changes.after(() => changes.run(() => changes.publish(delta("c"))));
    changes.publish(delta("b"));
  });
  assertEquals(told, ["a", "b", "c"]);
});

Deno.test("a change that fails tells nothing and does nothing", () => {
  const told: string[] = [];
  using world = changesWith((text) => void told.push(text));
  const { changes, errors } = world;
  const fail = () => {
    changes.publish(delta("a"));
    changes.after(() => void told.push("effect"));
    throw new TypeError("no");
  };
  assertThrows(() => changes.run(fail), TypeError);
  changes.run(() => changes.publish(delta("b")));
  assertEquals([told, errors], [["b"], []]);
});

Deno.test("a message that has to be made is made once, after the change, and only if anybody listens", () => {
  const told: string[] = [];
  let [isHeard, made] = [false, 0];
  using world = changesWith((text) => void told.push(text), () => isHeard);
  const { changes } = world;
  const change = () =>
    changes.run(() => {
      changes.publish(delta("a"));
      changes.publish(() => delta(`made ${++made}`));
      changes.after(() => void told.push("effect"));
    });
  change();
  assertEquals([told.splice(0), made], [["effect"], 0]);
  isHeard = true;
  change();
  assertEquals(told, ["effect", "a", "made 1"]);
});
