/**
 * Tries what the hub may and may not do, and prints a JSON object with `ok`, or the name of the error, for each attempt.
 * It imports nothing but the runtime's own modules, so that it runs with any flags.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { lookup } from "node:dns/promises";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { cpus } from "node:os";
import { dlopen } from "node:process";
import { DatabaseSync } from "node:sqlite";
import type { ProbeRequest } from "../cli/hub_flags_test.ts";

const { places, wanted }: ProbeRequest = JSON.parse(Deno.args[0]!);
const { ownPort, otherPort, ownSocket, daemonSocket, otherSocket } = places;
const hostname = "127.0.0.1";

/** Closes what was opened. */
function close(opened: Disposable): void {
  opened[Symbol.dispose]();
}

async function nodeConnect(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(port, hostname, resolve).on("error", reject);
  await promise.finally(() => socket.destroy());
}

async function openWebSocket(url: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = new WebSocket(url);
  socket.addEventListener("open", () => resolve());
  socket.addEventListener("error", () => reject(new Error("it did not open")));
  await promise.finally(() => socket.close());
}

async function bindUdp(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // A refusal is thrown where nothing catches it.
  const note = (event: ErrorEvent) => {
    event.preventDefault();
    reject(event.error);
  };
  addEventListener("error", note, { once: true });
  const socket = createSocket("udp4").bind(0, hostname, resolve);
  await promise;
  removeEventListener("error", note);
  socket.close();
}

async function inWorker(): Promise<void> {
  const code =
    `postMessage(await Deno.connect({ hostname: "${hostname}", port: ${otherPort} }).then(() => "ok", String))`;
  const worker = new Worker(`data:application/javascript,${encodeURIComponent(code)}`, { type: "module" });
  const { promise, resolve } = Promise.withResolvers<string>();
  worker.onmessage = ({ data }) => resolve(data);
  const answer = await promise;
  worker.terminate();
  if (answer.startsWith("NotCapable")) throw new Deno.errors.NotCapable(answer);
}

const attempts: Readonly<Record<string, () => unknown>> = {
  "listen on the web address": () => close(Deno.listen({ hostname, port: ownPort })),
  "listen on the hub's socket": () => close(Deno.listen({ transport: "unix", path: ownSocket })),
  "connect to the daemon's socket": async () => close(await Deno.connect({ transport: "unix", path: daemonSocket })),
  "tell the name of the host": () => Deno.hostname(),
  "tell the user's id": () => Deno.uid(),
  "read and write a file": () => Deno.writeTextFile(`${ownSocket}.txt`, "").then(() => Deno.remove(`${ownSocket}.txt`)),
  "open a database": () => new DatabaseSync(`${ownSocket}.db`).close(),

  "listen on another port": () => close(Deno.listen({ hostname, port: otherPort + 1 })),
  "listen on a free port": () => close(Deno.listen({ hostname, port: 0 })),
  "listen on all addresses": () => close(Deno.listen({ hostname: "0.0.0.0", port: ownPort })),
  "serve another port": () =>
    Deno.serve({ hostname, port: otherPort + 1, onListen() {} }, () => new Response()).shutdown(),
  "listen on another socket": () => close(Deno.listen({ transport: "unix", path: `${otherSocket}.new` })),
  "listen with UDP": bindUdp,
  "connect to another port": async () => close(await Deno.connect({ hostname, port: otherPort })),
  "connect to another port with node:net": () => nodeConnect(otherPort),
  "connect to another port in a worker": inWorker,
  "connect to the same port of another host": async () =>
    close(await Deno.connect({ hostname: "10.0.0.1", port: ownPort })),
  "connect to another socket": async () => close(await Deno.connect({ transport: "unix", path: otherSocket })),
  "open a WebSocket to another port": () => openWebSocket(`ws://${hostname}:${otherPort}`),
  "fetch from another port": () => fetch(`http://${hostname}:${otherPort}`),
  "fetch from a name": () => fetch("http://example.com"),
  "resolve a name": () => Deno.resolveDns("example.com", "A"),
  "look a name up with node:dns": () => lookup("example.com"),
  "import from the network": () => import(`https://${"example.com"}/a.js`),
  "import from npm": () => import(`npm:${"left-pad"}@1.3.0`),
  "import from JSR": () => import(`jsr:${"@std/assert"}`),
  "run a program": () => new Deno.Command("true").outputSync(),
  "run a program with node:child_process": () => {
    // It does not throw, and tells no error.
    if (spawnSync("true").status !== 0) throw new Deno.errors.NotCapable("it did not run");
  },
  "signal another process": () => Deno.kill(Deno.ppid, "SIGCONT"),
  "load a library": () => Deno.dlopen("libc.so.6", {}).close(),
  "load a native module": () => dlopen({ exports: {} }, "/none.node"),
  "load an extension of SQLite": () => new DatabaseSync(":memory:", { allowExtension: true }).close(),
  "tell the release of the system": () => Deno.osRelease(),
  "tell the load": () => Deno.loadavg(),
  "tell the network's interfaces": () => Deno.networkInterfaces(),
  "tell the group's id": () => Deno.gid(),
  "tell the processors": () => cpus(),
  "read another process's environment": () => Deno.readTextFileSync(`/proc/${Deno.ppid}/environ`),
  "get more permissions": async () => {
    const { state } = await Deno.permissions.request({ name: "run" });
    if (state !== "granted") throw new Deno.errors.NotCapable(state);
  },
};

const outcomes: Record<string, string> = {};
for (const [name, attempt] of Object.entries(attempts)) {
  if (wanted !== undefined && !wanted.includes(name)) continue;
  try {
    await attempt();
    outcomes[name] = "ok";
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    outcomes[name] = error.name === "NotCapable" || /^Requires|--no-|EPERM/.test(error.message)
      ? "refused"
      : String(error);
  }
}
console.log(JSON.stringify(outcomes));
