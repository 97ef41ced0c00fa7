/**
 * Stages what the container image is built from in `dist/container`, and builds it.
 * `deno task container [--stage] [--base IMAGE] [--agent NPM_PACKAGE] [--tag NAME] [--builder PROGRAM]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { pack } from "./pack.ts";
import { targetsOf } from "./targets.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const STAGE = `${ROOT}dist/container`;
const FILES = ["Containerfile", "entrypoint", "healthcheck"];
/** Programs that build images, and how each says whether it can: a client of a service that does not run cannot. */
const BUILDERS: Readonly<Record<string, readonly string[]>> = {
  docker: ["version", "--format", "{{.Server.Version}}"],
  podman: ["version"],
  buildah: ["version"],
};

/** Writes the packed release and the files of the image. */
async function stage(): Promise<void> {
  const name = `linux-${Deno.build.arch === "aarch64" ? "arm64" : "amd64"}`;
  await Deno.remove(STAGE, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(STAGE, { recursive: true });
  const [target] = targetsOf({ target: name });
  await pack(target!, STAGE);
  await Deno.rename(`${STAGE}/claustrum-${name}`, `${STAGE}/claustrum`);
  for (const file of FILES) await Deno.copyFile(`${ROOT}.github/container/${file}`, `${STAGE}/${file}`);
}

async function findBuilder(): Promise<string | undefined> {
  for (const [name, args] of Object.entries(BUILDERS)) {
    try {
      const { success } = await new Deno.Command(name, { args: [...args], stdout: "null", stderr: "null" }).output();
      if (success) return name;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { boolean: ["stage"], string: ["base", "agent", "tag", "builder"] });
  await stage();
  console.log("staged dist/container");
  if (!args.stage) {
    const builder = args.builder ?? await findBuilder();
    if (builder === undefined) {
      console.error(`No program to build an image with: install ${Object.keys(BUILDERS).join(", ")}`);
      Deno.exit(1);
    }
    const given = [["BASE", args.base], ["AGENT_PACKAGE", args.agent]].filter(([, value]) => value !== undefined);
    const { code } = await new Deno.Command(builder, {
      args: [
        ...["build", "--tag", args.tag ?? "claustrum", "--file", `${STAGE}/Containerfile`],
        ...given.flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
        STAGE,
      ],
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    Deno.exit(code);
  }
}
