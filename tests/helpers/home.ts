import { claustrum } from "./command.ts";
import { tempDir } from "./temp.ts";

/** A home directory for a background daemon. */
export interface TestHome extends AsyncDisposable {
  readonly path: string;
  /** The directory of the daemon's files, which the daemon creates. */
  readonly run: string;
  readonly socket: string;
  /** Returns the pid in the record of the lock. */
  pid(): number;
  log(): Promise<string>;
  token(): Promise<string>;
}

/** Creates a home directory; its disposal stops the daemon, if one runs. */
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
