/**
 * Plays a new user: runs the lines with which the README installs the tool and the library, against a registry that has
 * what is published.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import denoJson from "../deno.json" with { type: "json" };
import { START_LOCK, startLock } from "../.ci/start_lock.ts";
import { startPackageRegistry } from "./helpers/package_registry.ts";
import { findProgram } from "./helpers/program.ts";
import { tempDir } from "./helpers/temp.ts";
import { soon } from "./helpers/wait.ts";

const ROOT = new URL("../", import.meta.url);
/** How long a line may take, in milliseconds: all is compiled anew. */
const LINE_MS = 300_000;
/** Matches the script in the README. */
const SCRIPT = /^```ts\n([^]*?)^```$/m;

/** Returns what a text tells its reader to type, from what comes before `claustrum` in it. */
function commandsIn(text: string): string[] {
  return [
    ...text.matchAll(
      /(?:npx -y deno@\S+ task -q )?(?<![\w/@.-])claustrum (?:hub|serve|stop|session|install)(?: [a-z]+)?/g,
    ),
  ]
    .map(([command]) => command);
}

/** Matches the variables that say how this machine reaches the packages of others. */
const NETWORK = /^(?:npm_config_|DENO_(?:CERT|TLS_)|SSL_CERT_|NODE_EXTRA_CA_CERTS$|https?_proxy$|no_proxy$)/i;

/** A way of installing: a row of the README's table. */
interface Way {
  readonly tool: string;
  readonly library: string;
}

/** Returns the row of the README's table that begins with a word. */
async function wayOf(name: string): Promise<Way> {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const row = readme.split("\n").find((line) => line.startsWith(`| ${name} `)) ?? "";
  const [tool = "", library = ""] = [...row.matchAll(/`(npx [^`]+|deno [^`]+)`/g)].map(([, code]) => code!);
  assert(tool !== "" && library !== "", `the README has no row for ${name}`);
  return { tool, library };
}

/** A user with an empty home directory, whose programs are in some directories only. */
interface NewUser extends AsyncDisposable {
  readonly home: string;
  /** Runs a line in a directory of the home, and returns what it prints on stdout. */
  run(line: string, directory?: string): Promise<string>;
}

/**
 * Makes a user.
 *
 * @param path Where programs are, beside those of the system.
 * @param variables Further variables of the environment.
 * @param packages The packages that are in the cache of the runtime. @default {all that are in the one of this user}
 */
async function newUser(
  path: readonly string[],
  variables: Record<string, string>,
  packages?: readonly string[],
): Promise<NewUser> {
  const directory = await tempDir();
  const home = directory.path;
  for (const name of ["app", "node"]) await Deno.mkdir(`${home}/${name}`);
  for (const name of ["node", "npm", "npx"]) {
    const file = findProgram(name);
    if (file !== undefined) await Deno.symlink(file, `${home}/node/${name}`);
  }
  await Deno.mkdir(`${home}/deno`);
  const own = Deno.env.toObject();
  const cache = `${cacheOfThisUser()}/npm`;
  if (packages === undefined) await Deno.symlink(cache, `${home}/deno/npm`);
  else await copyPackages(packages, cache, `${home}/deno/npm`);
  const env = {
    ...{
      HOME: home,
      PATH: [`${home}/.deno/bin`, ...path, `${home}/node`, "/usr/bin", "/bin"].join(":"),
      SHELL: "/bin/true",
    },
    ...{ DENO_DIR: `${home}/deno`, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    // npx has the runtime already, as somebody has run these tests with it.
    ...{ npm_config_cache: `${own["HOME"]}/.npm`, npm_config_userconfig: `${own["HOME"]}/.npmrc` },
    ...Object.fromEntries(Object.entries(own).filter(([name]) => NETWORK.test(name))),
    ...variables,
  };
  return {
    home,
    async run(line, directory = "") {
      const cwd = directory.startsWith("/") ? directory : `${home}/${directory}`;
      const command = new Deno.Command("sh", { args: ["-ec", line], env, clearEnv: true, cwd, stdin: "null" });
      const { code, stdout, stderr } = await soon(line, command.output(), LINE_MS);
      const decoder = new TextDecoder();
      assertEquals(code, 0, `${line}\n${decoder.decode(stderr)}`);
      return decoder.decode(stdout);
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** Returns where the runtime of the user of these tests keeps what it has fetched. */
function cacheOfThisUser(): string {
  return Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
}

/** Copies packages into another cache. Their files are the same ones where the file system allows that. */
async function copyPackages(packages: readonly string[], from: string, to: string): Promise<void> {
  for (const registry of [...Deno.readDirSync(from)].filter(({ isDirectory }) => isDirectory)) {
    const copy = `from=$1 to=$2; shift 2; for name do
      mkdir -p "$to/\${name%/*}"
      cp -al "$from/$name" "$to/$name" 2>/dev/null || { rm -rf "$to/$name"; cp -a "$from/$name" "$to/$name"; }
    done`;
    const places = [`${from}/${registry.name}`, `${to}/${registry.name}`];
    const args = ["-ec", copy, "sh", ...places, ...packages.map((name) => `./${name}`)];
    const { code, stderr } = await new Deno.Command("sh", { args, stderr: "piped" }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  }
}

/** Returns the names of the packages in a cache of the runtime. */
async function packagesIn(cache: string): Promise<string[]> {
  const names: string[] = [];
  for (const registry of Deno.readDirSync(cache)) {
    for await (const { name } of Deno.readDir(`${cache}/${registry.name}`)) {
      if (!name.startsWith("@")) names.push(name);
      else {for await (const scoped of Deno.readDir(`${cache}/${registry.name}/${name}`)) {
          names.push(`${name}/${scoped.name}`);
        }}
    }
  }
  return names.sort();
}

/** Writes a script that uses the library into the user's project. */
async function writeScript({ home }: NewUser): Promise<void> {
  const [, script = ""] = SCRIPT.exec(await Deno.readTextFile(new URL("README.md", ROOT))) ?? [];
  await Deno.writeTextFile(
    `${home}/app/main.ts`,
    `${script.replace("console.log(frame)", "console.log(frame.stream)")}`,
  );
}

Deno.test("the README's lines install the tool and the library for who has Deno, and run them for who has Node.js alone", async () => {
  await using registry = await startPackageRegistry();
  await using user = await newUser([Deno.execPath().replace(/\/[^/]*$/, "")], { JSR_URL: registry.url });
  await writeScript(user);
  const { tool, library } = await wayOf("Deno");
  assertEquals(tool, `deno install --global --allow-all --name claustrum jsr:${denoJson.name}`);
  await user.run(tool);
  try {
    assertEquals(await user.run('claustrum run -- echo "it works"'), "it works\n");
  } finally {
    await user.run("claustrum stop");
  }
  await user.run(library, "app");
  assertEquals(await user.run("deno run -A main.ts", "app"), "stdout\nexit\n");

  const node = await wayOf("Node.js");
  const [npx = ""] = /^npx \S+ \S+/.exec(node.library) ?? [];
  const alone = (line: string, directory?: string) =>
    user.run(`PATH='${user.home}/node:/usr/bin:/bin'; ${line}`, directory);
  const [, stop = ""] = /^Stop it with: (.*)$/m.exec(await alone(`${node.tool} serve`)) ?? [];
  assertEquals(stop, `${node.tool} stop`);
  assertMatch(await alone(stop), /^stopped/);
  await Deno.remove(`${user.home}/app/deno.json`);
  await alone(node.library, "app");
  assertEquals(await alone(`${npx} run -A main.ts`, "app"), "stdout\nexit\n");
});

/** Returns the names of the packages in the lock of the program. */
async function lockedPackages(): Promise<string[]> {
  const { npm } = JSON.parse(await Deno.readTextFile(START_LOCK));
  return [...new Set(Object.keys(npm).map((key) => /^@?[^@]+/.exec(key)![0]))].sort();
}

Deno.test(".ci/start.lock is what deno task start-lock makes of deno.lock", async () => {
  assertEquals(await Deno.readTextFile(START_LOCK), await startLock());
});

Deno.test("task start fetches nothing of the tests, and names commands that can be typed in a checkout", async () => {
  const packages = await lockedPackages();
  for (const name of ["playwright-core", "esbuild", "fast-check", "axe-core", "preact"]) {
    assert(!packages.includes(name), `${name} is in start.lock`);
  }
  await using user = await newUser([], { CLAUSTRUM_LISTEN: "127.0.0.1:0" }, packages);
  // The lock of these tests is not in a new checkout.
  await Deno.mkdir(`${user.home}/claustrum`);
  await user.run(
    `cp -R ${["cli.ts", "mod.ts", "deno.json", "lib", ".ci"].join(" ")} '${user.home}/claustrum'`,
    ROOT.pathname,
  );
  const inCheckout = (line: string) => user.run(line, "claustrum");
  const [npx = ""] = /^npx \S+ \S+/.exec((await wayOf("a checkout of this")).tool) ?? [];
  const own = `${npx} task -q claustrum`;
  try {
    const said = await inCheckout(`${npx} task start 2>&1`);
    assertMatch(said, /^ {2}sign in {2}http:/m);
    assert(commandsIn(said).includes(`${own} hub open`), said);
    assertEquals(commandsIn(said).filter((command) => !command.startsWith(own)), [], said);
    assertMatch(await inCheckout(`${own} hub open --print`), /^http:/);
    assertEquals(await packagesIn(`${user.home}/deno/npm`), packages);
  } finally {
    await inCheckout(`${own} hub stop; ${own} stop --yes`);
  }
});

Deno.test("the README's line links the library of a checkout into a project", async () => {
  await using user = await newUser([], {});
  const { library } = await wayOf("a checkout of this");
  await Deno.symlink(ROOT.pathname.replace(/\/$/, ""), `${user.home}/claustrum`);
  await user.run(library, "app");
  assertStringIncludes(await Deno.readTextFile(`${user.home}/app/deno.json`), "claustrum");
  await writeScript(user);
  const [npx = ""] = /^npx \S+ \S+/.exec(library) ?? [];
  assertEquals(await user.run(`${npx} run -A main.ts`, "app"), "stdout\nexit\n");
});
