import { GIT_ENVIRONMENT } from "../../helpers/repository.ts";
import { waitFor } from "../../helpers/wait.ts";
import { type Bench, output, startOnce } from "../bench.ts";
import { median, type Row, timed } from "../harness.ts";
import { startBenchHub } from "../hub_bench.ts";

const PROJECTS = 500;

/** The rows of projects. */
export function projectRows(bench: Bench, stack: AsyncDisposableStack): Row[] {
  const hub = startOnce(stack, async () => await startBenchHub(bench, { projects: await makeProjects(bench) }));

  /** The first list of a hub that has just started. */
  async function cold(): Promise<number> {
    await (await hub()).restart();
    await using client = await (await hub()).connect();
    return await timed(() => client.call("projects.list", {}));
  }

  /** Later lists, when git has answered. */
  async function warm(): Promise<number> {
    await using client = await (await hub()).connect();
    await waitFor("git", async () => {
      const { projects } = await client.call("projects.list", {});
      return projects.every(({ changes }) => changes !== null);
    });
    const times: number[] = [];
    for (let i = 0; i < 10; i++) times.push(await timed(() => client.call("projects.list", {})));
    return median(times);
  }

  return [
    row(`projects: list ${PROJECTS}, cold`, 300, cold),
    row(`projects: list ${PROJECTS}, warm`, 30, warm),
  ];
}

function row(name: string, value: number, measure: () => Promise<number>): Row {
  return { name, unit: "ms", limit: { kind: "atMost", value, of: "value" }, measure };
}

/** Makes repositories with a file each; every other one has a `CLAUDE.md`. */
async function makeProjects(bench: Bench): Promise<string> {
  const root = `${bench.directory}/projects`;
  const first = `${root}/project-0`;
  await Deno.mkdir(`${first}/.claude`, { recursive: true });
  await Deno.writeTextFile(`${first}/file`, "1\n");
  const git = (...args: string[]) => output(["git", "-C", first, ...args], GIT_ENVIRONMENT);
  await git("init", "--quiet");
  await git("add", ".");
  await git("commit", "--quiet", "--message=first");
  for (let i = 1; i < PROJECTS; i++) {
    await output(["cp", "-r", first, `${root}/project-${i}`]);
    if (i % 2 === 0) await Deno.writeTextFile(`${root}/project-${i}/CLAUDE.md`, "# Project\n");
  }
  return root;
}
