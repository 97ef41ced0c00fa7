/** A small disk, which goes with its scope. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Leaves no byte free. */
  fill(): Promise<void>;
  /** Takes that back. */
  empty(): Promise<void>;
}

/** Whether disks can be mounted, which only root may, and not everywhere. */
export async function canMount(): Promise<boolean> {
  try {
    await using _disk = await smallDisk();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}

/**
 * Mounts one.
 *
 * @param kib Its size, in KiB.
 * @throws {Deno.errors.PermissionDenied} Where that is not allowed.
 */
export async function smallDisk(kib = 64): Promise<SmallDisk> {
  const path = await Deno.makeTempDir({ dir: "/tmp", prefix: "cl-disk-" });
  const run = (command: string, ...args: string[]) => new Deno.Command(command, { args, stderr: "null" }).output();
  const { success } = await run("mount", "-t", "tmpfs", "-o", `size=${kib}k,mode=700`, "tmpfs", path);
  if (!success) {
    await Deno.remove(path);
    throw new Deno.errors.PermissionDenied("no disk can be mounted here");
  }
  return {
    path,
    async fill() {
      await run("dd", "if=/dev/zero", `of=${path}/filler`, "bs=1k", `count=${kib + 36}`);
    },
    empty: () => Deno.remove(`${path}/filler`),
    async [Symbol.asyncDispose]() {
      await run("umount", "-l", path);
      await Deno.remove(path);
    },
  };
}

/** Mounts a directory under a second name as well. */
export async function mountAgain(directory: string, path: string): Promise<AsyncDisposable> {
  const { success } = await new Deno.Command("mount", { args: ["--bind", directory, path], stderr: "null" }).output();
  if (!success) throw new Deno.errors.PermissionDenied(`${directory} cannot be mounted at ${path}`);
  return {
    async [Symbol.asyncDispose]() {
      await new Deno.Command("umount", { args: ["-l", path] }).output();
    },
  };
}
