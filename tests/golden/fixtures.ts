/** Makes the files that the golden files speak of as `{{tmp}}`. */
export async function makeFixtures(directory: string): Promise<void> {
  const at = (name: string) => `${directory}/${name}`;
  await Deno.mkdir(at("bin"), { recursive: true });
  await Deno.mkdir(at("work"));
  await Deno.writeTextFile(at("plain.txt"), "not a program\n", { mode: 0o644 });
  await Deno.writeTextFile(at("headless"), "echo never\n", { mode: 0o755 });
  await Deno.writeTextFile(at("empty"), "", { mode: 0o755 });
  await Deno.writeTextFile(at("own-script"), "#!/bin/sh\nprintf script\n", { mode: 0o755 });
  await Deno.writeTextFile(at("nested"), `#!${at("headless")}\n`, { mode: 0o755 });
  await Deno.writeTextFile(at("orphan"), "#!/no/such/interpreter\n", { mode: 0o755 });
  await Deno.symlink(at("loop"), at("loop"));
  await Deno.chmod(at("plain.txt"), 0o644);
  for (const name of ["headless", "empty", "own-script", "nested", "orphan"]) await Deno.chmod(at(name), 0o755);
}
