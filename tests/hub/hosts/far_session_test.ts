import { assertEquals } from "@std/assert";
import { shellQuote } from "../../../lib/system/quote.ts";
import { type FarHost, farHost } from "../../helpers/far_host.ts";
import { needing } from "../../helpers/program.ts";
import { type SessionHome, sessionHome } from "../../helpers/session_home.ts";
import { hasSsh } from "../../helpers/ssh_server.ts";
import { waitFor } from "../../helpers/wait.ts";

/** Runs claustrum in a home whose `ssh` finds another host, as the person's own configuration would say it. */
async function withSsh(home: SessionHome, far: FarHost) {
  const options = far.options.map(shellQuote).join(" ");
  await Deno.mkdir(`${home.path}/bin`);
  await Deno.writeTextFile(`${home.path}/bin/ssh`, `#!/bin/sh\nexec /usr/bin/ssh ${options} "$@"\n`, { mode: 0o755 });
  const env = { PATH: `${home.path}/bin:/usr/local/bin:/usr/bin:/bin` };
  return async (...args: string[]) => {
    const { code, stdout, stderr } = await home.run(args, { env });
    assertEquals([code, stderr], [0, ""], args.join(" "));
    return stdout;
  };
}

/** A process of the daemon. */
interface ListedProcess {
  readonly id: string;
  readonly running: boolean;
}

/** How many processes of `ssh` the hosts of a home have. */
async function countSsh(run: (...args: string[]) => Promise<string>): Promise<number> {
  const processes: ListedProcess[] = JSON.parse(await run("ps", "--all", "--json"));
  return processes.filter(({ id, running }) => running && id.startsWith("hub/ssh/"))
    .length;
}

Deno.test({
  ...needing("a permission of a session on another host is answered with the tool", hasSsh(), "ssh and sshd"),
  async fn() {
    await using far = await farHost({ hasAgent: true });
    await using home = await sessionHome();
    const run = await withSsh(home, far);
    await run("host", "add", "box", `ssh://127.0.0.1:${far.port}`);
    const started = await run("session", "start", far.home, "--host", "box", "--name", "far", "--trust", "--json");
    const { id, host } = JSON.parse(started);
    assertEquals(host, "box");
    await run("session", "send", id, "tool Write there.txt hello");
    await waitFor("the question", async () => (await run("session", "show", id)).includes("there.txt"));
    await run("session", "approve", id);
    await waitFor("the file", async () => await contentOf(`${far.home}/there.txt`) === "hello");
    assertEquals(await run("session", "send", id, "hello", "--wait"), "echo: hello\n");
  },
});

Deno.test({
  ...needing("a hub that was killed leaves no ssh behind when it is back", hasSsh(), "ssh and sshd"),
  async fn() {
    await using far = await farHost();
    await using home = await sessionHome();
    const run = await withSsh(home, far);
    await run("host", "add", "box", `ssh://127.0.0.1:${far.port}`);
    assertEquals(await countSsh(run), 1);
    Deno.kill(home.hubPid(), "SIGKILL");
    await run("hub", "start");
    await run("host", "retry", "box");
    assertEquals(await countSsh(run), 1);
  },
});

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
