import { writeRelease } from "../helpers/release.ts";
import { hasSsh } from "../helpers/ssh_server.ts";
import { type FarMachines, farMachines } from "./helpers/far_machine.ts";
import { doMainJob } from "./helpers/main_job.ts";
import { webSuite } from "./helpers/suite.ts";

let machines: FarMachines<"one" | "two"> | undefined;
const suite = webSuite({
  async surroundings(stack) {
    if (!hasSsh()) return {};
    machines = await farMachines(stack, { one: {}, two: { isInstalled: false } });
    return machines.env;
  },
});

suite.test(
  "two machines are added, one is installed from nothing, and a permission on it is answered on a phone",
  async ({ home, open }) => {
    if (machines === undefined) throw new Error("the machines were not prepared");
    const { one, two } = machines.far;
    await Deno.mkdir(`${one.home}/work-one`);
    await Deno.mkdir(`${two.home}/work-two`);
    await doMainJob({
      home,
      open,
      one: { name: "one", home: one.home },
      two: { name: "two", home: two.home },
      release: await writeRelease(`${home.path}/release`),
    });
  },
  "sshd",
);
