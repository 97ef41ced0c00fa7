/**
 * Connects to a daemon and calls it, over and over, until its stdin has ended and it has enough answers; then prints
 * the results.
 * Runs as a program of its own: `hammer.ts SOCKET [TOKEN]`. Without a token it reads `daemon.token`
 * beside the socket for each connection, once before it connects and once after, in turn.
 *
 * @module
 */

/** The results of the calls. */
export interface HammerReport {
  /** How many connections were opened. */
  connections: number;
  /** How many calls were answered with a result. */
  answered: number;
  /** How many connections the daemon closed before it answered; the client may connect again. */
  hangUps: number;
  /** The texts of the errors that calls were answered with. */
  refusals: Record<string, number>;
  /** The texts of the errors of opening connections and reading tokens. */
  failures: Record<string, number>;
}

/** How many clients call at the same time. */
export const CLIENTS = 4;
/** How many answers are needed. */
export const ENOUGH = 20_000;
/** How many calls are made on each connection. */
const CALLS = 3;

function count(counts: Record<string, number>, text: string): void {
  counts[text] = (counts[text] ?? 0) + 1;
}

/** Sends all calls of one connection, and reads the answers. */
async function call(conn: Deno.UnixConn, token: string, report: HammerReport): Promise<void> {
  const request = (id: number) => JSON.stringify({ jsonrpc: "2.0", id, method: "server.ping", auth: token }) + "\n";
  const buffer = new Uint8Array(4096);
  for (let id = 1; id <= CALLS; id++) {
    let line = "";
    try {
      await conn.write(new TextEncoder().encode(request(id)));
      while (!line.endsWith("\n")) {
        const n = await conn.read(buffer);
        if (n === null) return void report.hangUps++;
        line += new TextDecoder().decode(buffer.subarray(0, n));
      }
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset) {
        return void report.hangUps++;
      }
      throw error;
    }
    const { error } = JSON.parse(line);
    if (error === undefined) report.answered++;
    else count(report.refusals, `${error.code} ${error.message}`);
  }
}

async function hammer(socket: string, fixedToken: string | undefined, report: HammerReport, isOver: () => boolean) {
  const tokenFile = socket.replace(/[^/]*$/, "daemon.token");
  const token = () => fixedToken === undefined ? Deno.readTextFile(tokenFile) : Promise.resolve(fixedToken);
  for (let round = 0; !isOver(); round++) {
    try {
      const early = round % 2 === 0 ? await token() : undefined;
      using conn = await Deno.connect({ transport: "unix", path: socket });
      report.connections++;
      await call(conn, early ?? await token(), report);
    } catch (error) {
      count(report.failures, String(error));
    }
  }
}

if (import.meta.main) {
  const [socket = "", token] = Deno.args;
  const report: HammerReport = { connections: 0, answered: 0, hangUps: 0, refusals: {}, failures: {} };
  let hasInput = true;
  const isOver = () => !hasInput && (report.answered >= ENOUGH || Object.keys(report.failures).length > 0);
  const clients = Array.from({ length: CLIENTS }, () => hammer(socket, token, report, isOver));
  while (await Deno.stdin.read(new Uint8Array(16)) !== null);
  hasInput = false;
  await Promise.all(clients);
  console.log(JSON.stringify(report));
}
