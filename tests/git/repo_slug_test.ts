import { assertEquals } from "@std/assert";
import { repoSlug } from "../../lib/git/repo_slug.ts";

const SLUGS: Readonly<Record<string, string>> = {
  "https://github.com/owner/repo": "owner/repo",
  "https://github.com/owner/repo.git": "owner/repo",
  "https://github.com/owner/repo/": "owner/repo",
  "https://github.com/owner/repo.git/": "owner/repo",
  "HTTPS://GitHub.COM/Owner/Repo": "Owner/Repo",
  "http://github.com/o/r": "o/r",
  "git://github.com/o/r": "o/r",
  "ssh://git@github.com/o/r.git": "o/r",
  "https://user:pa:ss@github.com/o/r": "o/r",
  "git@github.com:o/r.git": "o/r",
  "github.com:o/r": "o/r",
  "git@GITHUB.com:o/r": "o/r",
  "git@github.com:/o/r": "o/r",
  "https://github.com/a--b/r": "a--b/r",
  "https://github.com/o/a.b_c-d": "o/a.b_c-d",
  "https://github.com/o/.github": "o/.github",
  "https://github.com/o/r.git.git": "o/r.git",
  "https://github.com/o/r.WIKI": "o/r.WIKI",
  "": "",
  "https://github.com/": "",
  "https://github.com/o": "",
  "https://github.com/o/": "",
  "https://github.com/o//r": "",
  "https://github.com//o/r": "",
  "https://github.com/o/r/x": "",
  "https://github.com/o/r//": "",
  "https://github.com:443/o/r": "",
  "https://www.github.com/o/r": "",
  "https://github.com./o/r": "",
  "https://gitlab.com/o/r": "",
  "https://github.com.evil.com/o/r": "",
  "https://evil.com/github.com/o/r": "",
  "git+ssh://git@github.com/o/r": "",
  "file:///github.com/o/r": "",
  "/srv/github.com/o/r": "",
  "git@gitlab.com:o/r": "",
  "https://github.com/-o/r": "",
  "https://github.com/o-/r": "",
  "https://github.com/o_o/r": "",
  "https://github.com/o/-r": "",
  "https://github.com/o/.": "",
  "https://github.com/o/..": "",
  "https://github.com/o/.git": "",
  "https://github.com/o/r.wiki": "",
  "https://github.com/o/r.wiki.git": "",
  "https://github.com/o/r s": "",
  "https://github.com/o/r\u00e9": "",
  "https://github.com/o/r?x=1": "",
};

for (const [address, slug] of Object.entries(SLUGS)) {
  Deno.test(`repoSlug() returns ${JSON.stringify(slug)} for ${JSON.stringify(address)}`, () => {
    assertEquals(repoSlug(address), slug);
  });
}
