import { certificate } from "./certificate.ts";
import { GIT_ENVIRONMENT, testRepository } from "./repository.ts";

/** The name in the server's certificate; no system can look it up. */
export const GIT_HOST = "git.invalid";

/** A server of one git repository, `/repo.git`, over https on the loopback interface. */
export interface GitServer extends AsyncDisposable {
  readonly port: number;
  /** The file of its certificate. */
  readonly certificateFile: string;
  /** The repository, with one commit. */
  readonly repository: Awaited<ReturnType<typeof testRepository>>;
  /** Called with each request; what it returns is the response instead of git's. */
  intercept: ((request: Request) => Response | undefined | Promise<Response | undefined>) | undefined;
  /** The requests so far, as `GET /repo.git/info/refs`. */
  readonly requests: readonly string[];
}

/** Starts a server. */
export async function startGitServer(): Promise<GitServer> {
  await using starting = new AsyncDisposableStack();
  const repository = starting.use(await testRepository());
  await repository.git("clone", "-q", "--bare", ".", "../repo.git");
  const { cert, key } = await certificate(GIT_HOST);
  const certificateFile = `${repository.directory}/cert.pem`;
  await Deno.writeTextFile(certificateFile, cert);
  const requests: string[] = [];
  const server = starting.use(
    Deno.serve({ hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} }, async (request) => {
      requests.push(`${request.method} ${new URL(request.url).pathname}`);
      return await running.intercept?.(request) ?? await answer(request, repository.directory);
    }),
  );
  const parts = starting.move();
  const running: GitServer = {
    port: server.addr.port,
    certificateFile,
    repository,
    intercept: undefined,
    requests,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
  return running;
}

/** Has git answer a request, over CGI. */
async function answer(request: Request, directory: string): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  let body = new Uint8Array(await request.arrayBuffer());
  if (request.headers.get("content-encoding") === "gzip") {
    const plain = new Blob([body]).stream().pipeThrough(new DecompressionStream("gzip"));
    body = new Uint8Array(await new Response(plain).arrayBuffer());
  }
  const child = new Deno.Command("git", {
    args: ["http-backend"],
    env: {
      ...GIT_ENVIRONMENT,
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers.get("content-type") ?? "",
      CONTENT_LENGTH: `${body.length}`,
      REMOTE_ADDR: "127.0.0.1",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const fed = writer.write(body).then(() => writer.close()).catch(() => {});
  const { stdout } = await child.output();
  await fed;
  const end = indexOfBlankLine(stdout);
  const head = new TextDecoder().decode(stdout.subarray(0, end)).split("\r\n");
  const headers = new Headers(head.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
  const status = Number(headers.get("status")?.slice(0, 3) ?? 200);
  headers.delete("status");
  return new Response(stdout.subarray(end + 4), { status, headers });
}

function indexOfBlankLine(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
  }
  throw new Error("git http-backend has not answered");
}
