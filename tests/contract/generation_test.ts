import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  buildMismatch,
  GENERATION_NAMES,
  generationOfMethods,
  GENERATIONS,
  NEXT,
  SEED,
} from "../../lib/contract/generation.ts";
import { loadMethods } from "../../lib/methods/generation_methods.ts";
import { methodNames, METHODS } from "../../lib/rpc/protocol.ts";
import { NEXT_METHODS } from "../../lib/rpc/protocol_next.ts";
import type { DaemonContext } from "../../lib/methods/context.ts";

Deno.test("the first generation has the methods of the protocol, and the newest has each of its own defined", () => {
  assertEquals(SEED.methods, methodNames("contract"));
  for (const name of NEXT.methods) assert(METHODS[name] ?? NEXT_METHODS[name], name);
  for (const name of Object.keys(NEXT_METHODS)) assert(NEXT.methods.includes(name), name);
});

Deno.test("loadMethods() makes exactly the methods that a generation names, and the extensions", async () => {
  for (const name of GENERATION_NAMES) {
    const generation = GENERATIONS[name];
    const make = await loadMethods(generation);
    const context = {
      version: "v",
      generation,
      instance: {},
      counters: {},
      supervisor: {},
    } as unknown as DaemonContext;
    const made = make(context).map((method) => method.name);
    assertEquals(made.toSorted(), [...generation.methods, ...methodNames("extensions")].toSorted(), name);
    assertEquals(generationOfMethods(generation.methods), name);
  }
});

Deno.test("buildMismatch() warns of a build that speaks another generation, and of no other", () => {
  const build = (start: string) => start.padEnd(40, "0");
  assertMatch(
    buildMismatch(build("89cb6289"), SEED) ?? "",
    /^version-override names a build that speaks contract = next/,
  );
  assertMatch(buildMismatch(build("4534D86"), SEED) ?? "", /contract = seed is served/);
  assertEquals(buildMismatch(build("89cb6289"), NEXT), undefined);
  assertEquals([buildMismatch("", SEED), buildMismatch(build("abc"), SEED), buildMismatch(build("abc"), NEXT)], [
    undefined,
    undefined,
    undefined,
  ]);
});
