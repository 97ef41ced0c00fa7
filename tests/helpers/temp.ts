/** A temporary directory that goes with its scope. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
}

/** Makes a temporary directory with a path short enough for a socket. */
export async function tempDir(): Promise<TempDir> {
  const path = await Deno.realPath(await Deno.makeTempDir({ dir: "/tmp", prefix: "cl-" }));
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
