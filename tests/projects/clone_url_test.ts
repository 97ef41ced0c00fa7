import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CloneError } from "../../lib/projects/clone_error.ts";
import { parseCloneUrl } from "../../lib/projects/clone_url.ts";

const SCHEMES = ["https", "ssh"];

const GOOD: readonly (readonly [text: string, expected: string])[] = [
  ["https://github.com/owner/repo", "https github.com 443 repo https://github.com/owner/repo"],
  ["https://github.com/owner/repo.git", "https github.com 443 repo https://github.com/owner/repo.git"],
  ["HTTPS://GitHub.com/Owner/Repo.git/", "https github.com 443 Repo https://github.com/Owner/Repo.git/"],
  ["https://example.org:8443/r.git", "https example.org 8443 r https://example.org:8443/r.git"],
  ["https://1.2.3.4/r", "https 1.2.3.4 443 r https://1.2.3.4/r"],
  ["https://[2001:DB8::1]:8443/r", "https 2001:db8::1 8443 r https://[2001:db8::1]:8443/r"],
  ["https://me:secret@example.org/r", "https example.org 443 r https://example.org/r"],
  ["https://xn--bcher-kva.example/r", "https xn--bcher-kva.example 443 r https://xn--bcher-kva.example/r"],
  ["ssh://git@example.org/a/b.git", "ssh example.org 22 b ssh://git@example.org/a/b.git"],
  ["ssh://example.org:2222/~me/b", "ssh example.org 2222 b ssh://example.org:2222/~me/b"],
  ["git@github.com:owner/repo.git", "ssh github.com 22 repo git@github.com:owner/repo.git"],
  ["git@github.com:repo.git", "ssh github.com 22 repo git@github.com:repo.git"],
  ["me@[2001:db8::1]:repo", "ssh 2001:db8::1 22 repo me@[2001:db8::1]:repo"],
  // Not a port, but a part of the path.
  ["git@example.org:22/repo", "ssh example.org 22 repo git@example.org:22/repo"],
];

for (const [text, expected] of GOOD) {
  Deno.test(`parseCloneUrl() reads ${text}`, () => {
    const { scheme, host, port, name, url } = parseCloneUrl(text, SCHEMES);
    assertEquals(`${scheme} ${host} ${port} ${name} ${url}`, expected);
  });
}

/** What nobody clones from. */
const BAD: readonly string[] = [
  "",
  " ",
  "repo",
  "/etc/passwd",
  "./repo",
  "../repo",
  "C:\\repo",
  "\\\\host\\repo",
  "-u",
  "--upload-pack=touch /tmp/x",
  "--upload-pack=x",
  "-oProxyCommand=x@host:path",
  "-oProxyCommand=x",
  "ext::sh -c id",
  "ext::sh",
  "ext::ssh%20git@example.org%20%S%20repo",
  "fd::17/foo",
  "transport::https://example.org/r",
  "file:///etc",
  "file://localhost/etc",
  "git://example.org/r",
  "http://example.org/r",
  "ftp://example.org/r",
  "ftps://example.org/r",
  "rsync://example.org/r",
  "git+ssh://example.org/r",
  "ssh+git://example.org/r",
  "javascript://example.org/r",
  "data:text/plain,x",
  "gopher://example.org/r",
  "https:example.org/r",
  "https:/example.org/r",
  "https:///r",
  "https://",
  "https://example.org",
  "https://example.org/",
  "https://-oProxyCommand=x/r",
  "ssh://-oProxyCommand=x/r",
  "ssh://git@-oProxyCommand=x/r",
  "ssh://-l@example.org/r",
  "ssh://-oProxyCommand=x@example.org/r",
  "-l@example.org:r",
  "git@-oProxyCommand=x:r",
  "git@example.org:-r",
  "git@example.org:https://127.0.0.1/r",
  "git@example.org:",
  "git@:repo",
  "@example.org:repo",
  "example.org:repo",
  "a:b@example.org:repo",
  "ssh://git:secret@example.org/r",
  // Forms that some programs take for addresses of this machine.
  "https://2130706433/r",
  "https://127.1/r",
  "https://0177.0.0.1/r",
  "https://0x7f.0.0.1/r",
  "https://0x7f000001/r",
  "https://127.0.0.1./r",
  "https://127.0.0.01/r",
  "https://256.0.0.1/r",
  "https://1.2.3/r",
  "https://1.2.3.4.5/r",
  "https://①②⑦.⓪.⓪.①/r",
  "https://127。0。0。1/r",
  "https://%31%32%37.0.0.1/r",
  "https://127%2e0%2e0%2e1/r",
  "https://exa%00mple.org/r",
  "ssh://git@0x7f.1/r",
  "ssh://git@2130706433/r",
  "git@0x7f.1:r",
  "git@017700000001:r",
  "https://[127.0.0.1]/r",
  "https://[::1/r",
  "https://::1/r",
  "https://[::1]x/r",
  "https://[fe80::1%25eth0]/r",
  "https://[fe80::1%eth0]/r",
  "https://[::ffff:0x7f000001]/r",
  "https://[1:2:3:4:5:6:7:8:9]/r",
  "https://[::1::]/r",
  // Hosts that are read in two ways.
  "https://example.org@127.0.0.1@x/r",
  "https://a@b@example.org/r",
  "https://example.org\\@127.0.0.1/r",
  "https://example.org#@127.0.0.1/r",
  "https://example.org?@127.0.0.1/r",
  "https://127.0.0.1#.example.org/r",
  "https://example.org;127.0.0.1/r",
  "https://example.org,127.0.0.1/r",
  "https://example..org/r",
  "https://.example.org/r",
  "https://example.org./r",
  "https://example.org-/r",
  "https://exa mple.org/r",
  "https://exämple.org/r",
  "https://example.org:/r",
  "https://example.org:0/r",
  "https://example.org:65536/r",
  "https://example.org:0443/r",
  "https://example.org:44x/r",
  "https://example.org:-1/r",
  "https://example.org:443:443/r",
  "https://example.org/r?x=1",
  "https://example.org/r#x",
  "https://example.org/r x",
  "https://example.org/r\n",
  "https://example.org/r\0",
  "https://example.org/r\x1b[2J",
  "https://example.org\t/r",
  "https://example.org/r\\x",
  'https://example.org/r"x',
  "https://example.org/r'x",
  "https://example.org/`id`",
  "https://me:%ff@example.org/r",
  "https://me:%0a@example.org/r",
  "https://me%3ax:y@example.org/r",
  `https://example.org/${"a".repeat(3_000)}`,
  `https://${"a".repeat(64)}.org/r`,
  `https://${"a.".repeat(127)}org/r`,
];

for (const text of BAD) {
  Deno.test(`parseCloneUrl() refuses ${JSON.stringify(text).slice(0, 80)}`, () => {
    const error = assertThrows(() => parseCloneUrl(text, SCHEMES), CloneError);
    assert(["bad_params", "refused"].includes(error.kind));
  });
}

Deno.test("parseCloneUrl() allows only the schemes that are configured", () => {
  assertEquals(assertThrows(() => parseCloneUrl("git@example.org:r", ["https"]), CloneError).kind, "refused");
  assertEquals(assertThrows(() => parseCloneUrl("https://example.org/r", ["ssh"]), CloneError).kind, "refused");
  assertEquals(parseCloneUrl("http://example.org/r", ["http"]).port, 80);
  // What we cannot guard is not cloned from, whatever the configuration says.
  for (const scheme of ["file", "git", "ext", "ftp"]) {
    assertEquals(assertThrows(() => parseCloneUrl(`${scheme}://example.org/r`, [scheme]), CloneError).kind, "refused");
  }
});

Deno.test("parseCloneUrl() never repeats a password", () => {
  const urls = [
    "https://me:s3cret@example.org",
    "https://me:s3cret@exa mple.org/r",
    "https://me:s3cret@example.org:99999/r",
    "https://me:s3cret%0a@example.org/r",
    "ssh://me:s3cret@example.org/r",
    "ftp://me:s3cret@example.org/r",
    "me:s3cret@example.org:r",
  ];
  for (const url of urls) {
    const { message } = assertThrows(() => parseCloneUrl(url, SCHEMES), CloneError);
    assertEquals(message.includes("s3cret"), false, message);
  }
});

Deno.test("parseCloneUrl() decodes the user and the password of a URL", () => {
  const { credentials, url } = parseCloneUrl("https://me%40work:a%3Ab%2Fc:d@example.org/r", SCHEMES);
  assertEquals([credentials, url], [{ user: "me@work", password: "a:b/c:d" }, "https://example.org/r"]);
  assertEquals(parseCloneUrl("https://token@example.org/r", SCHEMES).credentials, { user: "token", password: "" });
});

Deno.test("parseCloneUrl() means the same host as other readers of URLs, whatever it accepts", () => {
  const pieces = fc.constantFrom(
    ...[
      "https://",
      "ssh://",
      "git@",
      "me:pw@",
      "@",
      ":",
      "/",
      "//",
      "[::1]",
      "[",
      "]",
      "127.0.0.1",
      "1.1.1.1",
      "2130706433",
    ],
    ...[
      "example.org",
      "0x7f.1",
      "a",
      "-",
      ".",
      "%",
      "%40",
      "%2f",
      "\\",
      "#",
      "?",
      ":443",
      ":22",
      "repo.git",
      "~",
      " ",
      "\n",
    ],
  );
  const url = fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 8 }).map((parts) => parts.join(""));
  let accepted = 0;
  fc.assert(
    fc.property(url, fc.constantFrom("", "https://", "ssh://git@", "git@example.org:"), (text, start) => {
      let source;
      try {
        source = parseCloneUrl(start + text, SCHEMES);
      } catch (error) {
        if (error instanceof CloneError) return;
        throw error;
      }
      accepted++;
      const { scheme, host, port } = source;
      assert(/^[a-z0-9_.:-]+$/.test(host) && !host.startsWith("-"), host);
      const parsed = URL.parse(source.url);
      // The short form of ssh has no scheme.
      if (!source.url.includes("://")) return assertEquals(source.url.split(":")[0]!.split("@")[1]!.length > 0, true);
      assertEquals(parsed?.protocol, `${scheme}:`);
      assertEquals(parsed?.password, "");
      const plain = scheme === "ssh" ? parsed : URL.parse(source.url);
      const found = plain?.hostname.toLowerCase().replace(/^\[|\]$/g, "");
      assertEquals(found, host.includes(":") ? URL.parse(`https://[${host}]`)?.hostname.slice(1, -1) : host);
      assertEquals(Number(parsed?.port || port), port);
      if (scheme !== "ssh") assertEquals(parsed?.username, "");
    }),
    { numRuns: 20_000, seed: 1 },
  );
  assert(accepted > 500, `${accepted}`);
});
