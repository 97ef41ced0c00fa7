import { assertEquals } from "@std/assert";
import type { Host } from "../../../lib/hosts/types.ts";
import { checkHosts } from "../../../lib/hub/doctor/host_checks.ts";

function host(name: string, more: Partial<Host>): Host {
  return { name, line: "ssh", address: `ssh://${name}`, state: "up", sessions: 0, waiting: 0, ...more };
}

Deno.test("checkHosts() tells of each host that is not up, and what to do", () => {
  const checks = checkHosts([
    host("a", {}),
    host("b", { state: "offline", problem: "connection_refused", reason: "nothing listens there" }),
    host("c", { state: "refused", problem: "host_key_unknown", reason: "compare its fingerprint" }),
  ]);
  assertEquals(checks, [
    { name: "hosts", status: "ok", message: "1 of 3 are up" },
    {
      name: "host b",
      status: "warning",
      message: "offline (ssh://b): nothing listens there",
      advice: "claustrum host status b follows it",
    },
    {
      name: "host c",
      status: "error",
      message: "refused (ssh://c): compare its fingerprint",
      advice: "then claustrum host retry c",
    },
  ]);
});

Deno.test("checkHosts() is silent where no hub runs, or no host is shown", () => {
  assertEquals([checkHosts(undefined), checkHosts([])], [[], []]);
});
