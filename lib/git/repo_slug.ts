/**
 * The `owner/name` of a remote on github.com (contract: Git methods, `git.info`).
 *
 * @module
 */

const SCHEMES = new Set(["https", "http", "ssh", "git"]);
const HOST = "github.com";
const OWNER = /^[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*$/;
const NAME = /^[A-Za-z0-9._-]+$/;

/**
 * Returns the slug of a remote's URL.
 *
 * @returns The slug; `""` if the URL is not that of a repository on github.com.
 */
export function repoSlug(address: string): string {
  const path = pathOnGithub(address);
  if (path === undefined) return "";
  const segments = path.replace(/^\//, "").replace(/\/$/, "").replace(/\.git$/, "").split("/");
  const [owner = "", name = ""] = segments;
  return segments.length === 2 && OWNER.test(owner) && isName(name) ? `${owner}/${name}` : "";
}

function isName(name: string): boolean {
  return NAME.test(name) && !name.startsWith("-") && name !== "." && name !== ".." && !name.endsWith(".wiki");
}

/** Returns the path after the host; `undefined` for other hosts, schemes and forms. */
function pathOnGithub(address: string): string | undefined {
  const url = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(?:[^/@]*@)?([^/]*)(\/.*)$/s.exec(address);
  if (url !== null) {
    const [, scheme = "", host = "", path = ""] = url;
    return SCHEMES.has(scheme.toLowerCase()) && host.toLowerCase() === HOST ? path : undefined;
  }
  const scpLike = /^(?:[^/@:]*@)?([^/:@]+):(.*)$/s.exec(address);
  if (scpLike === null) return undefined;
  const [, host = "", path = ""] = scpLike;
  return host.toLowerCase() === HOST ? path : undefined;
}
