import { assertEquals } from "@std/assert";
import type { LineProblem } from "../../../lib/hosts/types.ts";
import {
  adviceFor,
  isOutdated,
  lineText,
  needsPerson,
  sentPercent,
  sshCommand,
} from "../../../lib/web/state/host_text.ts";
import { host } from "../helpers/shown_hosts.ts";

const refused = (problem: LineProblem, address = "ssh://box") =>
  adviceFor(host("box", { address, state: "refused", problem, reason: "because" }));

Deno.test("adviceFor() has nothing to say of a host that is up, or was never tried", () => {
  assertEquals([adviceFor(host("box")), adviceFor(host("box", { state: "connecting" }))], [undefined, undefined]);
});

Deno.test("adviceFor() offers to accept a key that is unknown, and never one that has changed", () => {
  assertEquals(refused("host_key_unknown")?.remedy, "accept");
  const changed = refused("host_key_changed", "ssh://me@box:2222");
  assertEquals([changed?.remedy, changed?.isAlarming], [undefined, true]);
  assertEquals(changed?.command?.text, "ssh-keygen -R '[box]:2222'");
  assertEquals(refused("host_key_changed")?.command?.text, "ssh-keygen -R box");
});

Deno.test("adviceFor() offers to install claustrum where it is missing", () => {
  assertEquals(refused("not_installed")?.remedy, "install");
});

Deno.test("adviceFor() passes on what only ssh and the other hub know", () => {
  assertEquals([refused("bad_configuration")?.text, refused("hub_does_not_start")?.text], ["because", "because"]);
});

Deno.test("sshCommand() is what a person types", () => {
  assertEquals(sshCommand(host("box", { address: "ssh://me@box:2222" })), "ssh -p 2222 me@box");
  assertEquals(sshCommand(host("box", { address: "ssh://[fe80::1]" })), "ssh fe80::1");
});

Deno.test("lineText() says how a host is reached", () => {
  assertEquals(lineText({ line: "ssh", via: "bridge" }), "ssh, over the bridge");
  assertEquals(lineText({ line: "ssh", via: "forward" }), "ssh");
});

Deno.test("sentPercent() is known while something is sent", () => {
  const install = { action: "install", step: "sending", sent: 1, total: 3 } as const;
  assertEquals(sentPercent(install), 33);
  assertEquals([sentPercent({ ...install, step: "checking" }), sentPercent({ ...install, total: 0 })], [
    undefined,
    undefined,
  ]);
});

Deno.test("isOutdated() tells hosts with another version that can be upgraded from here", () => {
  const old = host("box", { version: "0.0.9" });
  assertEquals([isOutdated(old, "0.1.0"), isOutdated(old, "0.0.9"), isOutdated(old, "")], [true, false, false]);
  assertEquals(isOutdated({ ...old, line: "link" }, "0.1.0"), false);
  assertEquals(isOutdated({ ...old, state: "offline" }, "0.1.0"), false);
});

Deno.test("needsPerson() leaves a host alone while something is being installed", () => {
  const refused = host("box", { state: "refused" });
  const install = { action: "install", step: "sending" } as const;
  assertEquals([needsPerson(host("box")), needsPerson(refused)], [false, true]);
  assertEquals(needsPerson({ ...refused, install }), false);
  assertEquals(needsPerson({ ...refused, install: { ...install, error: "no room" } }), true);
});

Deno.test("adviceFor() passes on why a host that dials by itself is not there", () => {
  const linked = host("box", { line: "link", state: "offline", reason: "it has not dialled yet" });
  assertEquals(adviceFor(linked), { title: "It is not connected", text: "it has not dialled yet" });
  assertEquals(adviceFor({ ...linked, problem: "lost" }), {
    title: "The connection was lost",
    text: "it has not dialled yet",
  });
});

Deno.test("adviceFor() offers a key to a host that dials and has none, and says what to type where it has one", () => {
  const link = host("kiosk", { line: "link", state: "offline", reason: "…", has_key: false });
  assertEquals(adviceFor(link)?.remedy, "key");
  assertEquals(adviceFor({ ...link, has_key: true })?.title, "It has not dialed yet");
  const known = { ...link, has_key: true, last_contact: "2026-01-01T00:00:00.000Z" };
  assertEquals(adviceFor(known)?.title, "It has not dialed again");
});
