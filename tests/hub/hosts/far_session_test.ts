import { assertEquals } from "@std/assert";
import { farHost } from "../../helpers/far_host.ts";
import { needing } from "../../helpers/program.ts";
import { sessionHome } from "../../helpers/session_home.ts";
import { hasSsh } from "../../helpers/ssh_server.ts";
import { waitFor } from "../../helpers/wait.ts";

Deno.test({
  ...needing("a permission of a session on another host is answered here, with the tool", hasSsh(), "ssh and sshd"),
  async fn() {
    await using far = await farHost();
    await using home = await sessionHome();
    // The person's own configuration says how the host is reached.
    await Deno.mkdir(`${home.path}/.ssh`, { mode: 0o700 });
    await far.installAgent();
    const ssh = `#!/bin/sh\nexec /usr/bin/ssh ${far.options.map((each) => `'${each}'`).join(" ")} "$@"\n`;
    await Deno.writeTextFile(`${home.path}/bin/ssh`, ssh, { mode: 0o755 });
    const added = await home.run(["host", "add", "box", `ssh://127.0.0.1:${far.port}`]);
    assertEquals([added.code, added.stderr], [0, ""]);
    const started = await home.run([
      "session",
      "start",
      far.home,
      "--host",
      "box",
      "--name",
      "far",
      "--trust",
      "--json",
    ]);
    const { id, host } = JSON.parse(started.stdout);
    assertEquals(host, "box");
    await home.run(["session", "send", id, "tool Write there.txt hello"]);
    await waitFor("the question", async () => (await home.run(["session", "show", id])).stdout.includes("there.txt"));
    assertEquals((await home.run(["session", "approve", id])).code, 0);
    await waitFor("the file", async () => {
      const found = await Deno.readTextFile(`${far.home}/there.txt`).catch(() => "");
      return found.startsWith("hello");
    });
  },
});
