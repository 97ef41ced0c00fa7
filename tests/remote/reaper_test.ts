import { assertEquals } from "@std/assert";
import {
  type LivePlaces,
  mayBeLive,
  parseAgents,
  parseEnvironment,
  planReaping,
  type ServerEnvironment,
  unknownServers,
} from "../../lib/remote/reaper.ts";

const SCOPE = { root: "/code", machine: "box" };
const NOTHING: LivePlaces = { directories: [], environments: new Set() };

function environmentAt(directory: string | undefined, more: Partial<ServerEnvironment> = {}): ServerEnvironment {
  return { id: "env_1", name: "web", kind: "bridge", directory, machine: undefined, ...more };
}

/** Returns why an environment is kept; `undefined` if it is not. */
function reason(environment: ServerEnvironment, live: Partial<LivePlaces> = {}): string | undefined {
  const { stale, kept } = planReaping([environment], { ...NOTHING, ...live }, SCOPE);
  assertEquals(stale.length + kept.length, 1);
  return kept[0]?.reason;
}

Deno.test("planReaping() finds environments of this machine below the root in which nothing runs", () => {
  assertEquals(reason(environmentAt("/code/web")), undefined);
  assertEquals(reason(environmentAt("/code/web", { machine: "box" })), undefined);
  assertEquals(reason(environmentAt("/code/web"), { directories: ["/code", "/code/web2", "/code/we"] }), undefined);
});

Deno.test("planReaping() keeps what is in use", () => {
  assertEquals(reason(environmentAt("/code/web"), { directories: ["/code/web"] }), "an agent runs in /code/web");
  const tree = "/code/web/.claude/worktrees/x";
  assertEquals(reason(environmentAt("/code/web"), { directories: [tree] }), `an agent runs in ${tree}`);
  assertEquals(reason(environmentAt("/code/web"), { environments: new Set(["env_1"]) }), "an instance serves it");
});

Deno.test("planReaping() keeps what it cannot tell to be of this machine and below the root", () => {
  assertEquals(reason(environmentAt("/code")), "its directory is not below projects.root");
  assertEquals(reason(environmentAt("/codes/web")), "its directory is not below projects.root");
  assertEquals(reason(environmentAt(undefined)), "the server does not say which directory it serves");
  assertEquals(reason(environmentAt("/code/web", { machine: "laptop" })), "it is one of the machine laptop");
  assertEquals(reason(environmentAt("/code/web", { kind: "cloud" })), "it is not one of a machine of your own");
});

Deno.test("parseEnvironment() reads what it needs, and nothing that is not as expected", () => {
  const config = { type: "bridge", directory: "/code/web", machine_name: "box", more: 1 };
  assertEquals(
    parseEnvironment({ id: "env_01AB", name: "web", config, created_at: "2026" }),
    environmentAt("/code/web", { id: "env_01AB", machine: "box" }),
  );
  assertEquals(parseEnvironment({ id: "env_1", config: { type: "x", directory: "relative" } })?.directory, undefined);
  const wrong = [null, 1, [], {}, { id: "env_1" }, { id: "../x", config }, { id: "env_", config }, { id: 1, config }];
  for (const value of [...wrong, { id: "env_1?force=true", config }, { id: "env_1", config: {} }]) {
    assertEquals(parseEnvironment(value), undefined);
  }
});

Deno.test("parseAgents() tells only what is certain", () => {
  assertEquals(parseAgents("[]"), []);
  assertEquals(parseAgents('[{"pid":1,"cwd":"/a","kind":"x"}]'), [{ pid: 1, directory: "/a" }]);
  const uncertain = ["", "{}", "null", '[{"pid":1}]', '[{"pid":1,"cwd":"/a"},null]', '[{"cwd":"/a"}]', "[1", "Error"];
  for (const output of uncertain) assertEquals(parseAgents(output), undefined);
});

Deno.test("unknownServers() finds processes that serve remote control and belong to nobody who is known", () => {
  const output = `    1     0 /sbin/init
   10     1 claude remote-control --name web
   11    10 node /x/cli.js remote-control --child
   20     1 /opt/claude --remote-control desk
   30     1 tmux -L claustrum new-session claude --remote-control desk
   31    30 claude --remote-control desk
   40     1 vim remote-control.md
   50     1 claude
`;
  assertEquals(unknownServers(output, new Set()), [10, 11, 20, 31]);
  assertEquals(unknownServers(output, new Set([10, 31])), [20]);
  assertEquals(unknownServers("", new Set()), []);
});

Deno.test("mayBeLive() doubts that an instance has ended as long as it may have a process", () => {
  assertEquals(mayBeLive({ status: "stopped", pid: null }), false);
  assertEquals(mayBeLive({ status: "crashed", pid: null }), false);
  assertEquals(mayBeLive({ status: "starting", pid: null }), true);
  assertEquals(mayBeLive({ status: "running", pid: null }), true);
  assertEquals(mayBeLive({ status: "error", pid: 7 }), true);
});
