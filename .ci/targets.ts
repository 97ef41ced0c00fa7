/** A machine that claustrum is built for. */
export interface Target {
  /** Our name of it, `<os>-<arch>`. */
  readonly name: string;
  /** The compiler's. */
  readonly triple: string;
  /** What the npm package with its runtime is called. */
  readonly runtime: string;
}

/** All of them. */
export const TARGETS: readonly Target[] = [
  { name: "linux-amd64", triple: "x86_64-unknown-linux-gnu", runtime: "@deno/linux-x64-glibc" },
  { name: "linux-arm64", triple: "aarch64-unknown-linux-gnu", runtime: "@deno/linux-arm64-glibc" },
  { name: "darwin-amd64", triple: "x86_64-apple-darwin", runtime: "@deno/darwin-x64" },
  { name: "darwin-arm64", triple: "aarch64-apple-darwin", runtime: "@deno/darwin-arm64" },
  { name: "windows-amd64", triple: "x86_64-pc-windows-msvc", runtime: "@deno/win32-x64" },
  { name: "windows-arm64", triple: "aarch64-pc-windows-msvc", runtime: "@deno/win32-arm64" },
];

/** The targets that a command line names, by either name; this machine when it names none. */
export function targetsOf({ target, all }: { readonly target?: string; readonly all?: boolean }): readonly Target[] {
  if (all === true) return TARGETS;
  const wanted = target ?? Deno.build.target;
  const found = TARGETS.find(({ name, triple }) => name === wanted || triple === wanted);
  if (found !== undefined) return [found];
  throw new RangeError(`Cannot build for "${wanted}": the targets are ${TARGETS.map(({ name }) => name).join(", ")}`);
}
