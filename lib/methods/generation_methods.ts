/**
 * What the generations of the contract do in their own way. A method that both share exists once; `next` names the ones
 * that it adds or changes in `next/methods.ts`. What is data is in `lib/contract/generation.ts`.
 *
 * @module
 */

import type { Generation, GenerationName } from "../contract/generation.ts";
import { methodNames } from "../rpc/protocol.ts";
import type { MakeMethods } from "./context.ts";
import { filesMethods } from "./files.ts";
import { gitMethods } from "./git.ts";
import { processMethods } from "./process.ts";
import { serverMethods } from "./server.ts";

/** The methods of the first generation, and the extensions, which every generation has. */
const sharedMethods: MakeMethods = (daemon) => [
  ...serverMethods(daemon),
  ...filesMethods(daemon),
  ...gitMethods(daemon),
  ...processMethods(daemon),
];

/** Loads the methods that a generation adds or does differently. A daemon of another one does not keep them in memory. */
const OWN_METHODS: Readonly<Record<GenerationName, () => Promise<MakeMethods>>> = {
  seed: () => Promise.resolve(() => []),
  next: async () => (await import("./next/methods.ts")).nextMethods,
};

/** Loads what makes the methods of a generation; one that the generation does not name is left out. */
export async function loadMethods({ name, methods }: Generation): Promise<MakeMethods> {
  const ownMethods = await OWN_METHODS[name]();
  const names = new Set<string>([...methods, ...methodNames("extensions")]);
  return (daemon) => {
    const byName = new Map([...sharedMethods(daemon), ...ownMethods(daemon)].map((method) => [method.name, method]));
    return [...byName.values()].filter((method) => names.has(method.name));
  };
}
