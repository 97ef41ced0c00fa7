/** Another user of the machine. */
const NEIGHBOUR = 65_533;

/** Runs a command as the other user, which takes root; returns what it printed, after `done: ` or `failed: `. */
export async function asNeighbour(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    uid: NEIGHBOUR,
    gid: NEIGHBOUR,
    cwd: "/",
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(success ? stdout : stderr).trim();
  return success ? `done: ${text}` : `failed: ${text}`;
}
