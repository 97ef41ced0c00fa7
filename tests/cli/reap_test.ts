import { assertEquals, assertRejects } from "@std/assert";
import { EnvironmentsApi, EnvironmentsError } from "../../lib/cli/environments_api.ts";
import { Reaper, type ReaperOptions, UncertainError } from "../../lib/cli/reap.ts";
import type { HubStatus } from "../../lib/hub/operation_types.ts";
import type { Instance } from "../../lib/remote/types.ts";
import { environment, environmentsServer, type EnvironmentsServerOptions } from "../helpers/environments_server.ts";
import { tempDir } from "../helpers/temp.ts";
import { fakeHub, type Handlers } from "./fake_hub.ts";

const STATUS: HubStatus = {
  name: "box",
  version: "1",
  pid: 1,
  uptime_seconds: 60,
  socket: "/hub.sock",
  daemon: { running: true, socket: "/rpc.sock" },
  sessions: {},
  last_event: 0,
};

function instanceOf(project: string, more: Partial<Instance> = {}): Instance {
  return {
    id: "1",
    project,
    name: project,
    status: "running",
    mode: "standard",
    spawn_mode: "same-dir",
    permission_mode: "default",
    url: null,
    session_url: null,
    environment_id: null,
    pid: 7,
    started_at: "2026-11-22T00:00:00.000Z",
    intentional_stop: false,
    error_detail: null,
    restarts: 0,
    ...more,
  };
}

/** What is otherwise than usual. */
interface Setup {
  readonly names?: readonly string[];
  readonly server?: Omit<EnvironmentsServerOptions, "pages">;
  readonly hub?: Handlers;
  readonly options?: Partial<ReaperOptions>;
}

/** Projects `a`, `b` and `c` with an environment each, of which nobody serves any; `a` has an instance. */
async function setUp({ names = ["a", "b", "c"], server: answers = {}, hub = {}, options = {} }: Setup = {}) {
  const directory = await tempDir();
  const root = await Deno.realPath(directory.path);
  for (const name of names) await Deno.mkdir(`${root}/${name}`);
  const server = environmentsServer({
    pages: [names.map((name) => environment(`env_${name}`, `${root}/${name}`))],
    ...answers,
  });
  const reaper = new Reaper({
    api: new EnvironmentsApi(server.url, { token: "t", organization: "o" }),
    hub: fakeHub({
      "hub.status": () => STATUS,
      "config.get": () => ({ values: [{ key: "projects.root", value: root, source: "" }] }),
      "instances.list": () => [instanceOf("a")],
      ...hub,
    }),
    root,
    machine: "box",
    listAgents: () => Promise.resolve("[]"),
    listProcesses: () => Promise.resolve("    7    1 claude remote-control --name a\n"),
    ...options,
  });
  return {
    root,
    server,
    reaper,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

function idsOf(environments: readonly { readonly id: string }[]): string[] {
  return environments.map(({ id }) => id);
}

Deno.test("Reaper finds what neither an instance nor an agent uses, and changes nothing", async () => {
  await using dir = await tempDir();
  const agents = JSON.stringify([{ pid: 1, cwd: `${dir.path}/link` }]);
  await using set = await setUp({ options: { listAgents: () => Promise.resolve(agents) } });
  await Deno.symlink(`${set.root}/b`, `${dir.path}/link`);
  const { stale, kept } = await set.reaper.find();
  assertEquals([idsOf(stale), kept.length], [["env_c"], 2]);
  assertEquals(set.server.changes(), []);
});

Deno.test("Reaper keeps the environment of a live instance wherever that says it is", async () => {
  const instances = [instanceOf("elsewhere", { environment_id: "env_c", status: "error" }), instanceOf("a")];
  await using set = await setUp({ hub: { "instances.list": () => instances } });
  assertEquals(idsOf((await set.reaper.find()).stale), ["env_b"]);
});

Deno.test("Reaper archives or deletes what it found", async () => {
  for (const how of ["archive", "delete"] as const) {
    await using set = await setUp();
    const { done, spared, failed } = await set.reaper.reap((await set.reaper.find()).stale, how);
    assertEquals([idsOf(done), spared, failed], [["env_b", "env_c"], [], []]);
    const archived = ["POST /v1/environments/env_b/archive", "POST /v1/environments/env_c/archive"];
    const deleted = ["DELETE /v1/environments/env_b", "DELETE /v1/environments/env_c"];
    assertEquals(set.server.changes(), how === "archive" ? archived : deleted);
  }
});

Deno.test("Reaper spares what has come into use since it was found", async () => {
  const instances = [instanceOf("a")];
  await using set = await setUp({ hub: { "instances.list": () => instances } });
  const { stale } = await set.reaper.find();
  instances.push(instanceOf("c", { status: "starting", pid: null }));
  const { done, spared } = await set.reaper.reap(stale, "delete");
  assertEquals([idsOf(done), idsOf(spared)], [["env_b"], ["env_c"]]);
  assertEquals(set.server.changes(), ["DELETE /v1/environments/env_b"]);
});

Deno.test("Reaper goes on when the server refuses one", async () => {
  const answer = ({ method, path }: { readonly method: string; readonly path: string }) =>
    method === "DELETE" && path.endsWith("env_b") ? new Response("", { status: 409 }) : undefined;
  await using set = await setUp({ server: { answer } });
  const { done, failed } = await set.reaper.reap((await set.reaper.find()).stale, "delete");
  assertEquals([idsOf(done), failed.map(({ environment }) => environment.id)], [["env_c"], ["env_b"]]);
});

const UNCERTAIN: readonly (readonly [string, Setup, string])[] = [
  [
    "no daemon runs",
    { hub: { "hub.status": () => ({ ...STATUS, daemon: { running: false, socket: "/x" } }) } },
    "no daemon is running: start one",
  ],
  [
    "the hub has just started",
    { hub: { "hub.status": () => ({ ...STATUS, uptime_seconds: 3 }) } },
    "the hub has just started: try again in 10 seconds",
  ],
  [
    "the hub has another root",
    { hub: { "config.get": () => ({ values: [{ key: "projects.root", value: "/other", source: "" }] }) } },
    "the hub runs with another projects.root, /other",
  ],
  ["the agent CLI fails", { options: { listAgents: () => Promise.resolve(undefined) } }, "does not list its sessions"],
  [
    "the agent CLI does not say where agents run",
    { options: { listAgents: () => Promise.resolve('[{"pid":1}]') } },
    "does not list its sessions",
  ],
  [
    "a server runs that nobody knows",
    { options: { listProcesses: () => Promise.resolve("    9    1 claude remote-control\n") } },
    "process 9 seems to serve remote control",
  ],
  ["ps fails", { options: { listProcesses: () => Promise.resolve(undefined) } }, "ps does not list the processes"],
  ["the root is gone", { options: { root: "/absent/root" } }, "projects.root, /absent/root, cannot be read"],
];

for (const [when, setup, text] of UNCERTAIN) {
  Deno.test(`Reaper changes nothing when ${when}`, async () => {
    await using set = await setUp(setup);
    const error = await assertRejects(() => set.reaper.find(), UncertainError, text);
    assertEquals(error.message.startsWith("nothing was changed, because it is not certain"), true);
    const stale = [{ id: "env_c", name: "", kind: "bridge", directory: `${set.root}/c`, machine: undefined }];
    await assertRejects(() => set.reaper.reap(stale, "delete"), UncertainError);
    assertEquals(set.server.changes(), []);
  });
}

Deno.test("Reaper fails when it cannot have the list", async () => {
  await using set = await setUp({ server: { answer: () => new Response("", { status: 500 }) } });
  await assertRejects(() => set.reaper.find(), EnvironmentsError, "refuses (500)");
});
