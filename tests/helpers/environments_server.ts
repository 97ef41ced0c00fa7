/** A request that the server has had. */
export interface SeenRequest {
  readonly method: string;
  /** The path with its query. */
  readonly path: string;
  readonly headers: Headers;
}

/** Stands in for the vendor's server with its list of environments. */
export interface EnvironmentsServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** What was archived or deleted, as `METHOD PATH`. */
  changes(): string[];
}

/** Options of {@linkcode environmentsServer}. */
export interface EnvironmentsServerOptions {
  /** The pages of the list. */
  readonly pages?: readonly (readonly unknown[])[];
  /** Answers a request otherwise than with the list, or success. @default {nothing is answered otherwise} */
  answer?(request: SeenRequest): Response | undefined;
}

/** An environment as the server describes it. */
export function environment(id: string, directory: string | undefined, more: Record<string, unknown> = {}) {
  return { id, name: `name of ${id}`, config: { type: "bridge", directory, ...more } };
}

/** Starts a server on a free port of this machine. */
export function environmentsServer({ pages = [[]], answer }: EnvironmentsServerOptions = {}): EnvironmentsServer {
  const requests: SeenRequest[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const url = new URL(request.url);
    const seen = { method: request.method, path: url.pathname + url.search, headers: request.headers };
    requests.push(seen);
    const other = answer?.(seen);
    if (other !== undefined) return other;
    if (request.method !== "GET") return Response.json({});
    const page = Number(url.searchParams.get("after_id") ?? 0);
    const next = page + 1 < pages.length ? { next_page: String(page + 1) } : {};
    return Response.json({ data: pages[page], ...next });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    changes: () => requests.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
