/**
 * A program that calls a daemon over and over until its stdin has ended and it has received enough replies, and then
 * prints a report.
 *
 * Usage: `repeated_calls.ts SOCKET [TOKEN]`. Without a token it reads `daemon.token` beside the socket for each
 * connection, alternately before and after it connects.
 *
 * @module
 */

/** The results of all calls. */
export interface CallReport {
  /** The number of connections. */
  connections: number;
  /** The number of calls that returned a result. */
  succeeded: number;
  /** The number of connections that the daemon closed before it replied, after which a client may reconnect. */
  hangUps: number;
  /** The number of error replies, by text. */
  refusals: Record<string, number>;
  /** The number of failures to connect or to read the token, by text. */
  failures: Record<string, number>;
}

/** The number of concurrent clients. */
export const CLIENT_COUNT = 4;
/** The number of replies after which the program may end. */
export const MIN_REPLIES = 20_000;
/** The number of calls on each connection. */
const CALLS_PER_CONNECTION = 3;

function count(counts: Record<string, number>, text: string): void {
  counts[text] = (counts[text] ?? 0) + 1;
}

/** Sends all calls of one connection, and reads the replies. */
async function callAll(conn: Deno.UnixConn, token: string, report: CallReport): Promise<void> {
  const request = (id: number) => JSON.stringify({ jsonrpc: "2.0", id, method: "server.ping", auth: token }) + "\n";
  const buffer = new Uint8Array(4096);
  for (let id = 1; id <= CALLS_PER_CONNECTION; id++) {
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
    if (error === undefined) report.succeeded++;
    else count(report.refusals, `${error.code} ${error.message}`);
  }
}

async function callRepeatedly(
  socket: string,
  fixedToken: string | undefined,
  report: CallReport,
  isOver: () => boolean,
) {
  const tokenFile = socket.replace(/[^/]*$/, "daemon.token");
  const token = () => fixedToken === undefined ? Deno.readTextFile(tokenFile) : Promise.resolve(fixedToken);
  for (let round = 0; !isOver(); round++) {
    try {
      const early = round % 2 === 0 ? await token() : undefined;
      using conn = await Deno.connect({ transport: "unix", path: socket });
      report.connections++;
      await callAll(conn, early ?? await token(), report);
    } catch (error) {
      count(report.failures, String(error));
    }
  }
}

if (import.meta.main) {
  const [socket = "", token] = Deno.args;
  const report: CallReport = { connections: 0, succeeded: 0, hangUps: 0, refusals: {}, failures: {} };
  let hasInput = true;
  const isOver = () => !hasInput && (report.succeeded >= MIN_REPLIES || Object.keys(report.failures).length > 0);
  const clients = Array.from({ length: CLIENT_COUNT }, () => callRepeatedly(socket, token, report, isOver));
  while (await Deno.stdin.read(new Uint8Array(16)) !== null);
  hasInput = false;
  await Promise.all(clients);
  console.log(JSON.stringify(report));
}
