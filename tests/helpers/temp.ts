/** A temporary directory, which is removed at the end of its scope. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
}

/** Creates a temporary directory whose path is short enough for a socket. */
export async function tempDir(): Promise<TempDir> {
  const path = await Deno.realPath(await Deno.makeTempDir({ dir: "/tmp", prefix: "cl-" }));
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
