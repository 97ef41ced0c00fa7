import { claustrum } from "./command.ts";
import { tempDir } from "./temp.ts";

/** A home directory for a daemon in the background. */
export interface TestHome extends AsyncDisposable {
  readonly path: string;
  /** The directory of the daemon's files; not there yet. */
  readonly run: string;
  readonly socket: string;
  /** The pid in the lock's record. */
  pid(): number;
  log(): Promise<string>;
  token(): Promise<string>;
}

/** A home directory whose daemon, if one is left in it, is ended. */
export async function testHome(): Promise<TestHome> {
  const dir = await tempDir();
  const socket = `${dir.path}/run/rpc.sock`;
  const pid = () => Number(JSON.parse(Deno.readTextFileSync(`${dir.path}/run/daemon.lock`)).pid);
  return {
    path: dir.path,
    run: `${dir.path}/run`,
    socket,
    pid,
    token: () => Deno.readTextFile(`${dir.path}/run/daemon.token`),
    log: () => Deno.readTextFile(`${dir.path}/run/remote-server.log`),
    async [Symbol.asyncDispose]() {
      await claustrum(dir.path, ["-stop", "-socket", socket]);
      await dir[Symbol.asyncDispose]();
    },
  };
}
