import { assert, assertEquals } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { serveAt } from "../helpers/handover.ts";
import { testHome } from "../helpers/home.ts";
import { isAlive, soon } from "../helpers/wait.ts";

/** Runs a command in a process namespace of its own. */
const NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];

function inNamespace(...command: string[]): Promise<Deno.CommandOutput> {
  const [program = "", ...args] = [...NAMESPACE, ...command];
  return new Deno.Command(program, { args, stdin: "null" }).output();
}

/** Whether this user may set the ids of processes in a namespace of its own. */
async function mayChooseNumbers(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  return (await inNamespace("sh", "-c", "echo 300 > /proc/sys/kernel/ns_last_pid")).success;
}

Deno.test({
  name: "a process is not signalled when it has the id of a process that has ended",
  ignore: !await mayChooseNumbers(),
  async fn() {
    const program = new URL("../programs/pid_reuse.ts", import.meta.url).pathname;
    const { stdout, stderr } = await soon("its end", inNamespace(Deno.execPath(), "run", "-A", "--quiet", program));
    const fates = new TextDecoder().decode(stdout);
    const expected = ["group", "process"].flatMap((kind) => [`running: ${kind} spared\n`, `child: ${kind} spared\n`]);
    assertEquals(fates, expected.join(""), new TextDecoder().decode(stderr));
  },
});

Deno.test("a process is neither signalled nor taken for a retired daemon when it has the id of one", async () => {
  await using home = await testHome();
  const bystander = new Deno.Command("sleep", { args: ["1000"], stdin: "null" }).spawn();
  await Deno.mkdir(`${home.run}/retired`, { recursive: true, mode: 0o700 });
  await Deno.chmod(home.run, 0o700);
  const record = { pid: bystander.pid, instanceId: "0123456789", retiredAt: "2026-01-01T00:00:00Z" };
  await Deno.writeTextFile(`${home.run}/retired/01234567.json`, JSON.stringify(record));
  await Deno.writeTextFile(`${home.run}/retired/01234567.token`, "t");
  const stop = async () => (await claustrum(home.path, ["stop", "--all", "--socket", home.socket])).code;
  assertEquals(await stop(), 0);
  await serveAt(home);
  assertEquals([...Deno.readDirSync(`${home.run}/retired`)], [], "it is found out, and forgotten");
  await serveAt(home, "--replace", "--handover");
  assertEquals(await stop(), 0);
  assert(isAlive(bystander.pid));
  bystander.kill("SIGKILL");
  await bystander.status;
});
