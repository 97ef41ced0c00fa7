import { assertEquals } from "@std/assert";
import { daemonLine } from "../../lib/hub/open_daemon_line.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { createLogger } from "../../lib/system/log.ts";
import { homeOfMany, serveAt } from "../helpers/handover.ts";
import { waitFor } from "../helpers/wait.ts";

Deno.test("daemonLine() tells the log once that there is no daemon, and when there is one", async () => {
  await using home = await homeOfMany();
  const lines: string[] = [];
  const log = createLogger({ level: "debug", write: (line) => void lines.push(line.slice(20).trimEnd()) });
  const onError = (error: unknown) => void lines.push(String(error));
  await using line = daemonLine(home.socket, systemClock, () => {}, onError, log);
  const absent = (reason: string) =>
    `ERROR [daemon] none can be reached on ${home.socket}: ${reason}: start one with claustrum hub start`;
  const there = `INFO  [daemon] connected to ${home.socket}`;
  await waitFor("a line", () => lines.length > 0);
  assertEquals(lines, [absent("no such file or directory")]);
  await serveAt(home);
  await waitFor("the connection", () => line.isUp);
  assertEquals(lines.splice(0).slice(1), [there]);
  Deno.kill(home.pid(), "SIGKILL");
  await waitFor("another line", () => lines.length > 0);
  assertEquals(lines.splice(0), [absent("connection refused")]);
});
