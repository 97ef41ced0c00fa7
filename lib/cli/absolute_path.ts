/**
 * Returns a path as an absolute one without `.` and `..`, as the hub wants it: it has a working directory of its own.
 */
export function absolutePath(path: string, directory: string = Deno.cwd()): string {
  const segments: string[] = [];
  for (const segment of (path.startsWith("/") ? path : `${directory}/${path}`).split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return `/${segments.join("/")}`;
}
